/** The committed tables against the committed logs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  experimentReport,
  presetNamed,
  PRESETS,
  seedsIn,
} from "../../lib/experiment/mod.ts";

const DATA = "data/experiment";
const committed = [...Deno.readDirSync(DATA)]
  .map(({ name }) => name)
  .filter((name) => name in PRESETS && hasReport(name))
  .sort();

function hasReport(name: string): boolean {
  try {
    return Deno.statSync(join(DATA, name, "report.md")).isFile;
  } catch {
    return false;
  }
}

Deno.test("there are committed results of the smoke preset, three seeds", () => {
  assert.ok(committed.includes("smoke"));
  assert.ok(seedsIn(join(DATA, "smoke")).length >= 3);
});

for (const name of committed) {
  Deno.test(`the committed table of ${name} is rebuilt to the byte`, () => {
    const folder = join(DATA, name);
    assert.equal(
      experimentReport(presetNamed(name), folder),
      Deno.readTextFileSync(join(folder, "report.md")),
    );
  });
}
