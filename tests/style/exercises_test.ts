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
