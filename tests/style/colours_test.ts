/** A colour of a mode means that mode, in every figure. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { kitRoot } from "../../tasks/notebook/notebook_file.ts";
import { MODE_COLOURS, OTHER_COLOURS } from "../../lib/show/figures/style.ts";

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("only the style file writes a mode's colour, and none takes it for something else", () => {
  const taken = /MODE_COLOURS\.\w|#(0072B2|D55E00|009E73|CC79A7)\b/i;
  const files = ["lib/show", "notebooks/figures"].flatMap((folder) => [
    ...sources(join(kitRoot(), folder)),
  ]).filter((path) => !path.endsWith("figures/style.ts"));
  assert.ok(files.length > 40);
  // A drawing of one group is drawn in the colour of that group's mode.
  const allowed = ["drawings.ts"];
  const found = files.filter((path) =>
    !allowed.some((name) => path.endsWith(name)) &&
    taken.test(Deno.readTextFileSync(path))
  );
  assert.deepEqual(found, []);
});

Deno.test("colours of other things are apart from the modes' and from each other", () => {
  const all = [...Object.values(MODE_COLOURS), ...OTHER_COLOURS];
  assert.equal(new Set(all).size, all.length);
});
