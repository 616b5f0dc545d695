/**
 * Checks the code cells of notebooks: types, lint, format, line length.
 *
 *   deno run -A tasks/check_notebooks.ts [names] [--format]
 *
 * Without names all of `notebooks/` is checked. With `--format` the cells are
 * formatted instead.
 */

import { parseArgs } from "node:util";
import {
  checkNotebooks,
  formattedSources,
  problemText,
} from "./notebook/checker.ts";
import {
  findNotebooks,
  readNotebook,
  writeNotebook,
} from "./notebook/notebook_file.ts";

async function formatNotebook(path: string): Promise<void> {
  const notebook = await readNotebook(path);
  const sources = await formattedSources(notebook);
  notebook.cells.forEach((cell, i) => cell.source = sources[i]);
  await writeNotebook(path, notebook);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: { format: { type: "boolean", default: false } },
  });
  const paths = await findNotebooks(positionals);
  if (values.format) {
    for (const path of paths) await formatNotebook(path);
    console.log(`${paths.length} notebook(s) formatted`);
    Deno.exit(0);
  }
  const problems = await checkNotebooks(paths);
  for (const problem of problems) console.error(problemText(problem));
  const found = problems.length === 0 ? "ok" : `${problems.length} problem(s)`;
  console.log(`${paths.length} notebook(s) checked: ${found}`);
  Deno.exit(problems.length > 0 ? 1 : 0);
}
