/** The committed tables against the committed logs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { seedsIn } from "../../lib/lab/report_folder.ts";
import { unpackRuns } from "../../tasks/runs/pack.ts";
import { LANGUAGE_LOGS, languageReport } from "../../tasks/report/language.ts";
import { PAGES, withResults } from "../../tasks/report/readme.ts";
import { type ItemRow, itemRows, readItems } from "../../tasks/report/items.ts";
import { ITEMS, reportedNames, reportOf } from "../../tasks/report.ts";

const DATA = "data/experiment";
/** Most bytes of everything under data/. */
const MOST_BYTES = 25e6;

function bytesBelow(folder: string): number {
  return [...Deno.readDirSync(folder)].reduce((sum, { name, isDirectory }) => {
    const path = join(folder, name);
    return sum + (isDirectory ? bytesBelow(path) : Deno.statSync(path).size);
  }, 0);
}

Deno.test("the data take at most 25 MB", () => {
  const bytes = bytesBelow("data");
  console.log(`${(bytes / 1e6).toFixed(1)} MB`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes: deno task runs pack FOLDER`);
});

Deno.test("the items that recorded runs were evaluated on are those of their presets today", () => {
  const idOf = ({ split, mode, item, prompt, answer, examples }: ItemRow) =>
    JSON.stringify([split, mode, item, prompt, answer, examples]);
  const kept = new Set(
    readItems(ITEMS).flatMap((row) =>
      row.used.split(", ").map((used) => used + idOf(row))
    ),
  );
  for (const row of itemRows(reportedNames())) {
    for (const used of row.used.split(", ")) {
      // Where a world changed, rows of old runs speak of items that are gone: give the
      // old runs their own preset. Where a study is new, run deno task report.
      assert.ok(
        kept.has(used + idOf(row)),
        `${ITEMS} lacks ${used} ${idOf(row)}`,
      );
    }
  }
});

Deno.test("a report is the same from packed runs and from their run folders", async () => {
  const out = await Deno.makeTempDir({ prefix: "unpacked-" });
  for (const name of ["scaling", "smoke"]) {
    const packed = join(DATA, name);
    assert.ok(unpackRuns(packed, join(out, name)).length > 0);
    assert.equal(reportOf(name, join(out, name)), reportOf(name, packed));
  }
  await Deno.remove(out, { recursive: true });
});

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

Deno.test("the report on the language model is rebuilt to the byte", () => {
  const committed = join(LANGUAGE_LOGS, "report.md");
  assert.equal(
    languageReport(LANGUAGE_LOGS),
    Deno.readTextFileSync(committed),
  );
});

Deno.test("the tables of results and speed are rebuilt to the byte", () => {
  for (const page of Object.keys(PAGES)) {
    const text = Deno.readTextFileSync(page);
    assert.equal(withResults(page, text, "data"), text);
  }
});
