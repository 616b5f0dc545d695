/**
 * Checks the code cells of notebooks: types, lint, format, line length.
 *
 *   deno run -A tasks/check_notebooks.ts [names] [--format] [--code]
 *
 * Without names all of `notebooks/` is checked. With `--format` the cells are
 * formatted instead. With `--code` library, tasks and tests are too.
 */

import {
  checkNotebooks,
  formattedSources,
  problemText,
} from "./notebook/checker.ts";
import {
  findNotebooks,
  kitRoot,
  readNotebook,
  writeNotebook,
} from "./notebook/notebook_file.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task check | deno task fmt\n",
  "checks the library, the tasks, the tests and the cells of notebooks, or formats them",
  "\ndeno run -A tasks/check_notebooks.ts [NAMES] [--format] [--code]",
  "  --format           format instead of checking",
  "  --code             the library, the tasks and the tests too",
].join("\n");

async function formatNotebook(path: string): Promise<void> {
  const notebook = await readNotebook(path);
  const sources = await formattedSources(notebook);
  notebook.cells.forEach((cell, i) => cell.source = sources[i]);
  await writeNotebook(path, notebook);
}

/** Checks or formats what is no notebook; returns whether all is well. */
async function checkCode(format: boolean): Promise<boolean> {
  const args = format
    ? ["fmt"]
    : ["check", "lib", "tasks", "tests", "notebooks/figures"];
  const child = new Deno.Command(Deno.execPath(), { args, cwd: kitRoot() });
  return (await child.spawn().status).success;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, words } = readWords(args, {
    format: { type: "boolean", default: false },
    code: { type: "boolean", default: false },
  }, Infinity);
  if (values.code && !await checkCode(values.format)) return 1;
  const paths = await findNotebooks(words);
  if (values.format) {
    for (const path of paths) await formatNotebook(path);
    console.log(`${paths.length} notebook(s) formatted`);
    return 0;
  }
  const problems = await checkNotebooks(paths);
  for (const problem of problems) console.error(problemText(problem));
  const found = problems.length === 0 ? "ok" : `${problems.length} problem(s)`;
  console.log(`${paths.length} notebook(s) checked: ${found}`);
  return problems.length > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(USAGE, main);
