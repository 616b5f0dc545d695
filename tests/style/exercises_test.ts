/** Exercises come after the check of a notebook, and need what the notebook has opened. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  joined,
  kitRoot,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";

const FOLDER = join(kitRoot(), "notebooks");
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb")).sort();

Deno.test("the check of a notebook closes nothing and removes nothing", async () => {
  assert.ok(names.length > 10);
  const closing: string[] = [];
  for (const name of names) {
    const { cells } = await readNotebook(join(FOLDER, name));
    const last = cells.findLast(({ cell_type }) => cell_type === "code");
    const source = joined(last?.source ?? "");
    assert.match(source, /assert/, `${name}: no check`);
    const found = /\.(close|dispose|remove)(Sync)?\(|asyncDispose/.exec(source);
    if (found) closing.push(`${name}: ${found[0]}`);
  }
  assert.deepEqual(closing, []);
});

/** The numbered points of the exercises, or of "Try this" where there are none. */
function exercisesIn(prose: readonly string[]): string[] {
  const text = prose.join("\n\n") + "\n\n## ";
  const part = /^## Exercises$([^]*?)^## /m.exec(text) ??
    /^## Try this$([^]*?)^## /m.exec(text);
  return [...part![1].matchAll(/^(\d)\. /gm)].map(([, number]) => number);
}

Deno.test("each exercise has a solution: code that runs, and words that say what was found", async () => {
  const proseOf = async (name: string) => {
    const { cells } = await readNotebook(join(FOLDER, name));
    return cells.filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => joined(source));
  };
  for (const name of names.filter((name) => !name.includes("_solutions"))) {
    const prose = await proseOf(name);
    const exercises = exercisesIn(prose);
    assert.ok(exercises.length >= 3, `${name}: ${exercises.length} exercises`);
    const file = `${name.slice(0, 2)}_solutions.ipynb`;
    assert.ok(prose.some((text) => text.includes(`](${file})`)), name);
    const { cells } = await readNotebook(join(FOLDER, file));
    const shape = cells.map(({ cell_type, source }) =>
      cell_type === "code" ? "c" : /^## (\d)\./.exec(joined(source))?.[1] ?? "t"
    ).join("");
    for (const number of exercises) {
      assert.match(shape, new RegExp(`${number}c+`), `${file}: ${number}`);
    }
    assert.equal(shape.match(/\d/g)!.length, exercises.length, file);
    const answers = (await proseOf(file)).length - exercises.length - 2;
    assert.ok(answers >= exercises.length - 1, `${file}: ${answers} answers`);
  }
});

Deno.test("the course plan names each notebook, and what each of its exercises trains", async () => {
  const course = await Deno.readTextFile(join(FOLDER, "COURSE.md"));
  for (const name of names.filter((name) => !name.includes("_solutions"))) {
    assert.ok(course.includes(`](${name})`), name);
    const { cells } = await readNotebook(join(FOLDER, name));
    const prose = cells.filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => joined(source));
    const row = new RegExp(`^\\| ${name.slice(0, 2)} +\\| (.*)\\|$`, "m")
      .exec(course)![1];
    const named = [...row.matchAll(/\b(\d)\b/g)].map(([, number]) => number);
    assert.equal(named.at(-1), exercisesIn(prose).at(-1), name);
  }
});
