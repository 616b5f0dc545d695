/**
 * Solutions: each notebook of them runs alone, and finds the committed numbers wherever no
 * trained model takes part. The test of each notebook runs them once more, behind all of
 * its own cells (`withSolutions`).
 */

import assert from "node:assert/strict";
import { basename } from "node:path";
import {
  findNotebooks,
  type Notebook,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";
import {
  assertClean,
  assertSameOutputs,
  assertWrittenByRunner,
  freshRun,
  hasAvx512,
  printed,
} from "./outputs.ts";

const TIMEOUT_MS = 900_000;

/** Cells whose outputs are the same on every machine, by the number of their notebook. */
const SAME_EVERYWHERE: Record<string, string[]> = {
  "01": ["one", "two", "three", "four", "five"],
  "03": ["one", "two", "five"],
  "05": ["one", "three", "four"],
  "06": ["one"],
  "09": ["one", "two", "four"],
  "10": ["two", "four"],
  "11": ["one", "two", "three-count", "four-list"],
  "13": ["one", "two", "three", "four-list"],
  "15": ["one-found", "two-found", "three", "four"],
};

/** Updates make traces more frequent, by the shares printed in exercise 3. */
function assertTracesSpread(notebook: Notebook): void {
  const lines = printed(notebook, "three-found").trim().split("\n");
  const [still, moving] = lines.map((line) =>
    [...line.matchAll(/(\d+) %/g)].reduce((sum, [, share]) => sum + +share, 0)
  );
  assert.ok(moving > still, lines.join("\n"));
}

const solutions = (await findNotebooks([]))
  .filter((path) => path.endsWith("_solutions.ipynb"));

for (const path of solutions) {
  const name = basename(path, ".ipynb");
  Deno.test(`${name} run alone and find the committed numbers`, async () => {
    const committed = await readNotebook(path);
    const notebook = await freshRun(committed, TIMEOUT_MS);
    for (const shown of [committed, notebook]) {
      assertClean(shown);
      assert.match(printed(shown, "asserts"), /all checks passed/);
      const isExact = shown === committed || hasAvx512();
      if (name === "00_solutions" && isExact) assertTracesSpread(shown);
    }
    const same = SAME_EVERYWHERE[name.slice(0, 2)] ?? [];
    assertSameOutputs(notebook, committed, [...same, "asserts"]);
    await assertWrittenByRunner(path, 0);
  });
}

Deno.test("the test of each notebook runs the solutions behind Run All", async () => {
  const folder = import.meta.dirname!;
  const texts = [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.endsWith("_test.ts"))
    .map(({ name }) => Deno.readTextFileSync(`${folder}/${name}`));
  for (const path of await findNotebooks([])) {
    if (path.endsWith("_solutions.ipynb")) continue;
    const test = texts.find((text) => text.includes(`/${basename(path)}\``));
    assert.match(test ?? "", /await withSolutions\(/, path);
  }
});
