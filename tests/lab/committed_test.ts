/** The committed tables against the committed logs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { seedsIn } from "../../lib/lab/report_folder.ts";
import { PAGES, withResults } from "../../tasks/report/readme.ts";
import { reportedNames, reportOf } from "../../tasks/report.ts";

const DATA = "data/experiment";

Deno.test("there are committed results of the smoke preset, three seeds", () => {
  assert.ok(reportedNames().includes("smoke"));
  assert.ok(seedsIn(join(DATA, "smoke")).length >= 3);
});

for (const name of reportedNames()) {
  Deno.test(`the committed table of ${name} is rebuilt to the byte`, () => {
    const folder = join(DATA, name);
    assert.equal(
      reportOf(name, folder),
      Deno.readTextFileSync(join(folder, "report.md")),
    );
  });
}

Deno.test("the tables of results and speed are rebuilt to the byte", () => {
  for (const page of Object.keys(PAGES)) {
    const text = Deno.readTextFileSync(page);
    assert.equal(withResults(page, text, "data"), text);
  }
});
