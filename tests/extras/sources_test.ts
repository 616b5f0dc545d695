/** Tasks from a file: its shapes, its order, and runs that take tasks from it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkConfig,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { evenly } from "../../lib/method/draft.ts";
import { selfPlay, type SelfPlayEvent } from "../../lib/method/loop.ts";
import type { Setting } from "../../lib/method/setting.ts";
import { sourceOf } from "../../lib/method/source.ts";
import { Buffers } from "../../lib/method/buffer/buffers.ts";
import { compactDialect } from "../../lib/method/modes/compact.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import "../../lib/extras/mod.ts";

const tokenizer = characterTokenizer();
const folder = await Deno.makeTempDir({ prefix: "sources-" });

async function written(name: string, rows: unknown[]): Promise<string> {
  const path = join(folder, name);
  const lines = rows.map((row) => JSON.stringify(row));
  await Deno.writeTextFile(path, lines.join("\n") + "\n\n");
  return path;
}

function settingOf(changes: Partial<SelfPlayConfig>): Setting {
  return {
    config: { ...TINY_CONFIG, duplicates: "admit", ...changes },
    engine: new ScriptedEngine(tokenizer),
    tokenizer,
    executor: undefined!,
    dialect: compactDialect,
  };
}

async function drawn(
  changes: Partial<SelfPlayConfig>,
  mode: ModeName,
  count: number,
  step: number,
) {
  const setting = settingOf(changes);
  const buffers = Buffers.fromIdentity(
    { capacity: 9, inputsPerProgram: 0 },
    "javascript",
    1,
  );
  const { proposals } = await sourceOf(setting.config.taskSource)(
    setting,
    buffers,
    evenly([mode], count, step),
  );
  return proposals.map(({ given }) => given!);
}

Deno.test("a file holds a run's rows, the official code's, or rows written by hand", async () => {
  const taskFile = await written("shapes.jsonl", [
    { mode: "deduction", status: "valid", program: "a", arguments: ["1"] },
    { mode: "deduction", status: "invalid", program: "b", arguments: ["1"] },
    { mode: "deduction", status: "malformed", program: null, arguments: [] },
    { mode: "abduction", program: "c", arguments: ["1"] },
    { snippet: "d", input: "1", output: "2", imports: [] },
    { snippet: "e", inputs: ["1", "2"], outputs: ["", ""], message: "hint" },
    { program: "g", arguments: ["3"] },
  ]);
  const programs = async (mode: ModeName) =>
    (await drawn({ taskSource: "file", taskFile }, mode, 3, 1))
      .map(({ program }) => program.source);
  assert.deepEqual(await programs("deduction"), ["a", "d", "g"]);
  assert.deepEqual(await programs("abduction"), ["c", "d", "g"]);
  assert.deepEqual(await programs("induction"), ["e", "e", "e"]);
  const [row] = await drawn(
    { taskSource: "file", taskFile },
    "induction",
    1,
    1,
  );
  assert.deepEqual(row, {
    program: { language: "javascript", source: "e" },
    arguments: ["1", "2"],
    message: "hint",
  });
});

Deno.test("a file is read in order and from the start again; a pool is drawn from", async () => {
  const rows = [0, 1, 2, 3, 4].map((i) => ({
    mode: "deduction",
    program: `x=>x+${i}`,
    arguments: [`${i}`],
  }));
  const taskFile = await written("order.jsonl", rows);
  const inputs = async (taskSource: "file" | "pool", step: number) =>
    (await drawn({ taskSource, taskFile }, "deduction", 3, step))
      .map(({ arguments: [argument] }) => argument);
  assert.deepEqual(await inputs("file", 1), ["0", "1", "2"]);
  assert.deepEqual(await inputs("file", 2), ["3", "4", "0"]);
  const pools = await Promise.all(
    [1, 2, 3].map((step) => inputs("pool", step)),
  );
  for (const pool of pools) assert.equal(new Set(pool).size, 3);
  assert.notDeepEqual(pools[0], pools[1]);
  assert.deepEqual(await inputs("pool", 1), pools[0]);
});

Deno.test("a line that is no task is named", async () => {
  const taskFile = await written("wrong.jsonl", [
    { program: "x=>x", arguments: ["1"] },
    { program: "x=>x", arguments: [1] },
  ]);
  await assert.rejects(
    drawn({ taskSource: "file", taskFile }, "deduction", 1, 1),
    /wrong\.jsonl, line 2: needs "program" and "arguments"/,
  );
  await Deno.writeTextFile(taskFile, "{\n");
  await assert.rejects(
    drawn({ taskSource: "file", taskFile }, "deduction", 1, 1),
    /wrong\.jsonl, line 1: no JSON object/,
  );
});

Deno.test("a file is named where, and only where, it is read", () => {
  const wrong: [Partial<SelfPlayConfig>, RegExp][] = [
    [{ taskSource: "file" }, /"taskFile" must be the path/],
    [{ seedSource: "file" }, /"taskFile" must be the path/],
    [{ taskFile: "a.jsonl" }, /"taskFile" must be "" unless/],
    [
      { taskSource: "pool", taskFile: "a.jsonl", duplicates: "penalise" },
      /"duplicates" must be "admit" where "taskSource" is "pool"/,
    ],
    [
      { chainedPerMode: 1, taskSource: "generated", language: "javascript" },
      /"chainedPerMode" must be 0 unless "taskSource" is "self-play"/,
    ],
  ];
  for (const [changes, message] of wrong) {
    assert.throws(() => checkConfig({ ...PAPER_CONFIG, ...changes }), message);
  }
  checkConfig({ ...PAPER_CONFIG, seedSource: "file", taskFile: "a.jsonl" });
});

async function played(changes: Partial<SelfPlayConfig>) {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const engine = new ScriptedEngine(tokenizer);
  const config: SelfPlayConfig = {
    ...TINY_CONFIG,
    steps: 1,
    proposalsPerMode: 4,
    rolloutsPerTask: 2,
    seedTasksPerMode: 4,
    modes: ["deduction", "abduction"],
    ...changes,
  };
  const events: SelfPlayEvent[] = [];
  const stream = selfPlay({ config, engine, tokenizer, executor });
  for await (const event of stream) events.push(event);
  return { events, engine };
}

const SQUARES = [2, 3, 4, 5, 6].map((i) => ({
  program: `x=>x*${i}`,
  arguments: [`${i}`],
}));

Deno.test("a solver trains on a pool without a proposer", async () => {
  const taskFile = await written("pool.jsonl", SQUARES);
  const { events } = await played({
    taskSource: "pool",
    taskFile,
    duplicates: "admit",
  });
  const rewarded = events.find((event) => event.type === "rewarded")!;
  assert.equal(rewarded.proposals.length, 8);
  assert.ok(rewarded.proposals.every(({ status }) => status === "valid"));
  assert.ok(rewarded.samples.every(({ role }) => role === "solve"));
  assert.ok(rewarded.samples.length >= 16);
});

Deno.test("seeds from a file are what the first proposers are shown", async () => {
  const taskFile = await written("seeds.jsonl", SQUARES);
  const { events } = await played({
    seedSource: "file",
    taskFile,
    references: 4,
  });
  const proposed = events.find((event) => event.type === "proposed")!;
  const shown = new Set(
    proposed.proposals.flatMap(({ references }) =>
      references.map(({ program }) => program.source)
    ),
  );
  assert.ok(proposed.proposals.every(({ source }) => source === "proposed"));
  assert.ok(shown.has("x=>x*2") && shown.has("x=>x*4"));
});
