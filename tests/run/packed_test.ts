import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { readJson } from "../../lib/run/json_file.ts";
import { columnsOf, RowReader } from "../../lib/run/packed/columns.ts";
import { packRuns, unpackRuns } from "../../tasks/runs/pack.ts";
import {
  parquetBytes,
  ParquetColumns,
  shortest,
} from "../../lib/run/packed/parquet.ts";
import {
  packedRuns,
  recordingFile,
  recordingsIn,
} from "../../lib/run/packed/recordings.ts";
import { readMetrics, readRows } from "../../lib/run/read.ts";
import { findRuns } from "../../tasks/runs/find.ts";
import { seedsIn } from "../../lib/lab/report_folder.ts";
import { type RandomStream, randomStream } from "../../lib/random.ts";

/** Rows through a Parquet file and back. */
function back(rows: readonly object[], single = false): object[] {
  const bytes = parquetBytes(columnsOf(rows), { single });
  const reader = new RowReader(new ParquetColumns(bytes));
  return rows.map((_, i) => reader.row(i));
}

/** Equal with the order of fields. */
const same = (found: unknown, wanted: unknown) =>
  assert.equal(JSON.stringify(found), JSON.stringify(wanted));

Deno.test("rows come back as they were: order of fields, null, absence, kinds", () => {
  const rows = [
    { step: 0, loss: null, a: { x: 1, y: [1, 2] }, text: 'π\n"', on: true },
    { step: 1, a: { y: [3, 4], x: 2 }, loss: .1, on: false },
    { a: null, step: 2 ** 40, empty: {}, none: [], loss: -0.5 },
    { step: "three", a: "now a text", loss: 1e-300, text: "" },
    { step: 4, a: [[1], [], [null, "x"]] },
    {},
  ];
  same(back(rows), rows);
});

Deno.test("objects whose fields vary from row to row stay whole, in one column", () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    causes: { [`cause${i}`]: i, other: .25 },
    list: Array.from({ length: i }, (_, at) => at),
  }));
  same(back(rows), rows);
  assert.deepEqual(columnsOf(rows).map(({ name }) => name), [
    "shape",
    "causes",
    "list",
  ]);
});

Deno.test("random rows come back as they were", () => {
  const random = randomStream(1, "rows");
  for (let trial = 0; trial < 20; trial++) {
    const rows = Array.from({ length: 30 }, () => ({
      value: anything(random, 4),
      more: anything(random, 2),
    }));
    same(back(rows), rows);
  }
});

function anything(random: RandomStream, depth: number): unknown {
  const kind = random.integer(0, depth > 0 ? 7 : 5);
  if (kind === 0) return null;
  if (kind === 1) return random.integer(0, 2) === 1;
  if (kind === 2) return random.integer(0, 1000) - 500;
  if (kind === 3) return random.next() * 10 ** (random.integer(0, 20) - 10);
  if (kind === 4) return "ab\u2028ü'\"\\".slice(random.integer(0, 8));
  const parts = Array.from(
    { length: random.integer(0, 4) },
    () => anything(random, depth - 1),
  );
  if (kind === 5) return parts;
  return Object.fromEntries(parts.map((part, i) => [`k${7 - i}`, part]));
}

Deno.test("in single precision the shortest decimal comes back", () => {
  for (const value of [0, -3, .1, .3, .0797, 1e-9, 123456.5, 1 / 3]) {
    const found = shortest(Math.fround(value));
    assert.equal(Math.fround(found), Math.fround(value));
    if (String(value).length < 9) assert.equal(found, value);
  }
  // A whole number that single precision lacks keeps its column in double.
  const rows = [{ tokens: 2 ** 24 + 1 }, { tokens: .5 }];
  same(back(rows, true), rows);
  same(back([{ loss: .1 }, { loss: 1 / 3 }], true), [
    { loss: .1 },
    { loss: .33333334 },
  ]);
});

const METRICS = [{ step: 0, loss: null }, { step: 1, loss: .25 }];
const SCORES = [
  { step: 0, split: "familiar", correct: [1, 0, 1], tokens: 3.5 },
  { step: 1, split: "deep", correct: [0], tokens: 3.1234 },
];

/** A run folder like those of a study. */
function writeRun(folder: string, loss = .25): void {
  const write = (name: string, text: string) =>
    Deno.writeTextFileSync(join(folder, name), text);
  const lines = (rows: object[]) =>
    rows.map((row) => JSON.stringify(row) + "\n").join("");
  Deno.mkdirSync(folder, { recursive: true });
  write("metrics.jsonl", lines([METRICS[0], { ...METRICS[1], loss }]));
  write("scores.jsonl", lines(SCORES));
  write("hardware.json", '{\n  "command": "here"\n}\n');
  write("config.json", "{}\n");
  write(
    "manifest.json",
    JSON.stringify({ code: { commit: "abc", dirty: true } }),
  );
}

async function withFolder(use: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "packed-" });
  try {
    use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("packed runs are read as if their folders were there", () =>
  withFolder((folder) => {
    const runs = ["arm/seed-1", "arm/seed-10", "other/seed-1"]
      .map((name) => join(folder, name));
    runs.forEach((run, i) => writeRun(run, i / 4));
    const found = findRuns(dirname(folder)).filter((run) =>
      run.startsWith(folder)
    );
    assert.equal(packRuns(folder).length, 3);
    assert.deepEqual(
      [...Deno.readDirSync(folder)].map(({ name }) => name)
        .sort(),
      ["metrics.1.parquet", "runs.1.parquet", "scores.1.parquet"],
    );
    runs.forEach((run, i) => {
      same(readMetrics(run), [METRICS[0], { step: 1, loss: i / 4 }]);

      same(readRows(join(run, "scores.jsonl")), SCORES);
      same(readJson(join(run, "hardware.json")), { command: "here" });
    });
    assert.deepEqual(seedsIn(join(folder, "arm")), [1, 10]);
    assert.deepEqual(
      findRuns(dirname(folder)).filter((run) => run.startsWith(folder)),
      found,
    );
    const { commit, dirty } = packedRuns(folder).get("arm/seed-1")!;
    assert.deepEqual([commit, dirty], ["abc", true]);
    assert.throws(
      () => readMetrics(join(folder, "arm/seed-2")),
      Deno.errors.NotFound,
    );
    assert.throws(
      () => readRows(join(runs[0], "eval.jsonl")),
      Deno.errors.NotFound,
    );
  }));

Deno.test("packing appends a recording; the newest is read, and a folder before it", () =>
  withFolder((folder) => {
    const run = join(folder, "seed-1");
    const lossOf = () => readMetrics(run)[1].loss;
    writeRun(run, 1);
    packRuns(folder);
    const first = Deno.readFileSync(recordingFile(folder, "metrics", 1));
    writeRun(run, 2);
    assert.equal(lossOf(), 2);
    packRuns(folder);
    assert.equal(lossOf(), 2);
    assert.deepEqual(recordingsIn(folder), [1, 2]);
    const again = Deno.readFileSync(recordingFile(folder, "metrics", 1));
    assert.deepEqual(again, first);
    Deno.removeSync(recordingFile(folder, "runs", 2));
    assert.equal(lossOf(), 1);
  }));

Deno.test("unpacked runs hold the texts and rows that were packed", () =>
  withFolder((folder) => {
    const run = join(folder, "arm/seed-1");
    writeRun(run);
    const texts = () =>
      ["metrics.jsonl", "hardware.json", "manifest.json"]
        .map((name) => Deno.readTextFileSync(join(run, name)));
    const before = texts();
    packRuns(folder);
    unpackRuns(folder, folder);
    assert.deepEqual(texts(), before);
  }));

Deno.test("a run folder with what cannot be packed is left as it was", () =>
  withFolder((folder) => {
    const run = join(folder, "seed-1");
    writeRun(run);
    Deno.mkdirSync(join(run, "checkpoints"));
    assert.throws(() => packRuns(folder), /checkpoints is not packed/);
    assert.equal(readMetrics(run).length, 2);
    assert.deepEqual(recordingsIn(folder), []);
    assert.throws(() => packRuns(join(folder, "seed-1/checkpoints")), /no run/);
  }));
