/** Recorded evaluations: every table follows from the rows beside it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type {
  BenchmarkRow,
  BenchmarkSettings,
} from "../../../lib/lab/benchmarks/evaluate.ts";
import { benchmarkTable } from "../../../lib/lab/benchmarks/table.ts";
import {
  flips,
  pairedChange,
} from "../../../notebooks/figures/benchmark/figures.ts";
import { pairedRows } from "../../../notebooks/figures/benchmark/items.ts";

const FOLDER = new URL("../../../data/evaluation", import.meta.url).pathname;
const read = (...path: string[]) =>
  Deno.readTextFileSync(join(FOLDER, ...path));
const rowsOf = (text: string) =>
  text.trim().split("\n").map((line) => JSON.parse(line));

const folders = [...Deno.readDirSync(FOLDER)]
  .filter(({ isDirectory }) => isDirectory)
  .flatMap(({ name }) =>
    [...Deno.readDirSync(join(FOLDER, name))].map((one) => join(name, one.name))
  ).sort();

for (const folder of folders) {
  Deno.test(`the table of ${folder} follows from its rows`, () => {
    const rows: BenchmarkRow[] = rowsOf(read(folder, "rows.jsonl"));
    const guesses = JSON.parse(read(folder, "guesses.json"));
    assert.equal(
      read(folder, "table.md"),
      `${benchmarkTable(rows, guesses)}\n`,
    );
    const settings: BenchmarkSettings = JSON.parse(
      read(folder, "settings.json"),
    );
    for (const row of rows) {
      assert.match(row.prompt, /^[0-9a-f]{64}$/);
      assert.equal(row.samples, settings.samples);
      assert.equal(
        row.correct,
        row.causes.filter((cause) => cause === "match").length,
      );
      assert.ok(row.tokens.every((n) => n <= settings.maxNewTokens));
    }
    const calls = rowsOf(read(folder, "calls.jsonl"));
    const asked = calls.reduce((sum, { items }) => sum + items, 0);
    assert.equal(asked, rows.length);
  });
}

Deno.test("transformers gave the same responses, as is recorded", () => {
  const folder = join("smollm2-135m-instruct", "code");
  const { items, right, rightHere, judgedAlike, sameResponse } = JSON.parse(
    read(folder, "peer.json"),
  );
  const peers: { item: string; correct: number; response: string }[] = rowsOf(
    read(folder, "peer.jsonl"),
  );
  const rows = (rowsOf(read(folder, "rows.jsonl")) as BenchmarkRow[])
    .filter(({ benchmark }) => benchmark === "cruxeval-o");
  assert.deepEqual(
    peers.map(({ item }) => item),
    rows.map(({ item }) => item),
  );
  const count = (holds: (place: number) => boolean) =>
    rows.filter((_, place) => holds(place)).length;
  assert.deepEqual({ items, right, rightHere, judgedAlike, sameResponse }, {
    items: rows.length,
    right: count((i) => peers[i].correct === 1),
    rightHere: count((i) => rows[i].correct === 1),
    judgedAlike: count((i) => peers[i].correct === rows[i].correct),
    sameResponse: count((i) => peers[i].response === rows[i].responses[0]),
  });
  assert.equal(sameResponse, items);
});

Deno.test("what self-play changed follows from the rows of both, item by item", () => {
  const [before, after] = ["", "-self-play"].map((end) =>
    `smollm2-135m-instruct${end}`
  );
  const page = read("README.md").replace(/ +/g, " ");
  for (const folder of folders.filter((one) => one.startsWith(`${after}/`))) {
    const trained: BenchmarkRow[] = rowsOf(read(folder, "rows.jsonl"));
    const base: BenchmarkRow[] = rowsOf(
      read(folder.replace(after, before), "rows.jsonl"),
    );
    for (const [name, rows] of Map.groupBy(trained, (row) => row.benchmark)) {
      const same = rows.map(({ item, prompt }) => {
        const row = base.find((one) =>
          one.benchmark === name && one.item === item
        );
        assert.equal(row?.prompt, prompt);
        return row!;
      });
      const sides = pairedRows(same, rows);
      const { mean, low, high } = pairedChange(sides);
      const [change, from, to] = [mean, low, high]
        .map((share) => (100 * share).toFixed(1));
      const right = (shares: number[]) => shares.filter((one) => one).length;
      const { won, lost } = flips(sides);
      const line = [
        ...[name, `${rows.length}`],
        `${right(sides.base)} → ${right(sides.trained)}`,
        ...[`${won}`, `${lost}`, `${change} (${from} to ${to})`],
      ].join(" | ");
      assert.ok(page.includes(line), line);
    }
  }
});

Deno.test("the page of the recordings holds their tables' lines", () => {
  const page = read("README.md");
  for (const folder of folders) {
    const lines = read(folder, "table.md").split("\n")
      .filter((line) => /^\| [a-z]+[-\w]* \| \d/.test(line));
    assert.ok(lines.length > 0);
    for (const line of lines) {
      const [, name, items, right, interval] = line.split("|");
      const cells = [name, items, right, interval].join("|");
      assert.ok(page.includes(cells), `${folder}: ${cells}`);
    }
  }
});
