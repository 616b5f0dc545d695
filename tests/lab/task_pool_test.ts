/** A finite pool of generated tasks: what it holds, how it is drawn from, and where it is refused. */

import assert from "node:assert/strict";
import { generatedTasks, runExperiment } from "../../lib/lab/run.ts";
import { type Preset, presetNamed } from "../../lib/lab/presets.ts";
import { worldParts } from "../../lib/lab/base_model.ts";
import { OPERATIONS } from "../../lib/lab/world/operations.ts";
import {
  checkConfig,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import type { Candidate } from "../../lib/method/modes/mode.ts";
import { MODE_NAMES } from "../../lib/method/modes/task.ts";
import { drawFromPool, fillPool } from "../../lib/method/task_pool.ts";

const preset = presetNamed("smoke");
const { splits: { heldOut, splits } } = worldParts(preset);
const of = (seed: number) => generatedTasks(preset, heldOut, seed);
const keyOf = (task: Candidate) =>
  JSON.stringify([task.program.source, task.arguments]);
const config = (changes: Partial<SelfPlayConfig>): SelfPlayConfig => ({
  ...TINY_CONFIG,
  taskSource: "generated",
  duplicates: "admit",
  ...changes,
});

Deno.test("a pool holds exactly N different tasks, the same for the same seed", async () => {
  for (const mode of MODE_NAMES) {
    for (const size of [1, 16, 300]) {
      const pool = await fillPool(of(1), mode, size);
      assert.equal(pool.length, size);
      assert.equal(new Set(pool.map(keyOf)).size, size);
      assert.deepEqual(await fillPool(of(1), mode, size), pool);
      assert.notDeepEqual(await fillPool(of(2), mode, size), pool);
    }
  }
});

Deno.test("draws repeat the pool's tasks, all of them in the end", async () => {
  const generate = of(1);
  const pool = await fillPool(generate, "deduction", 16);
  const draws: Candidate[][] = [];
  for (let step = 1; step <= 20; step++) {
    draws.push(
      await drawFromPool(
        generate,
        config({ taskPool: 16 }),
        "deduction",
        16,
        step,
      ),
    );
  }
  const keys = draws.map((tasks) => tasks.map(keyOf));
  assert.deepEqual(new Set(keys.flat()), new Set(pool.map(keyOf)));
  assert.notDeepEqual(keys[0], keys[1]);
  // With replacement: 16 draws of 16 hardly ever are all different.
  assert.ok(keys.some((step) => new Set(step).size < 16));
  const again = await drawFromPool(
    of(1),
    config({ taskPool: 16 }),
    "deduction",
    16,
    7,
  );
  assert.deepEqual(again.map(keyOf), keys[6]);
});

Deno.test("a pool holds no held-out item", async () => {
  // The generator meets held-out programs: the test could fail.
  const held = new Set(
    splits.flatMap(({ items }) =>
      items.flatMap((item) =>
        item.kind === "maths" ? [] : [item.task.program.source]
      )
    ),
  );
  const pool = await fillPool(of(1), "deduction", 1000);
  assert.ok(pool.some(({ program }) => held.has(program.source)));
  for (const split of splits) {
    if (split.kind === "maths") continue;
    const pool = await fillPool(of(1), split.kind, 1000);
    const inPool = new Set(
      pool.flatMap(({ program, arguments: inputs }) =>
        inputs.map((input) => `${program.source} ${input}`)
      ),
    );
    for (const item of split.items) {
      if (item.kind === "maths") continue;
      const { program, examples } = item.task;
      for (const { argument } of examples) {
        assert.ok(!inPool.has(`${program.source} ${argument}`));
      }
    }
  }
});

Deno.test("a pool larger than the world is refused with the cure", async () => {
  const one = () => [{
    program: { language: "javascript" as const, source: "x=>x" },
    arguments: ["1"],
    message: "",
  }];
  await assert.rejects(
    fillPool(one, "deduction", 2),
    /"taskPool" wants 2 tasks of deduction.*seems to have 1: lower it/,
  );
});

Deno.test("a pool is refused where it would do nothing", () => {
  checkConfig(config({ taskPool: 16 }));
  const wrong: [Partial<SelfPlayConfig>, RegExp][] = [
    [
      { taskSource: "self-play" },
      /"taskPool" must be 0 unless "taskSource" is "generated"/,
    ],
    [
      { duplicates: "penalise" },
      /"duplicates" must be "admit" where "taskPool" is not 0/,
    ],
    [{ taskPool: -1 }, /"taskPool" must be a whole number/],
  ];
  for (const [changes, message] of wrong) {
    assert.throws(
      () => checkConfig(config({ taskPool: 16, ...changes })),
      message,
    );
  }
});

Deno.test("generated tasks keep to the depths and operations that a preset leaves them", async () => {
  const named = presetNamed("default");
  const without = ["reverse list", "reverse string", "+1"];
  const generated = { depthWeights: [1], withoutOperations: without };
  const generate = generatedTasks({ ...named, generated }, heldOut, 1);
  const pool = await fillPool(generate, "deduction", 500);
  const sources = pool.map(({ program }) => program.source);
  assert.ok(!sources.some((source) => source.includes("reverse")));
  assert.ok(!sources.includes("x=>x+1") && sources.includes("x=>x+2"));
  assert.ok(OPERATIONS.length > 50);
  assert.throws(
    () =>
      generatedTasks(
        {
          ...named,
          generated: { depthWeights: [1], withoutOperations: ["no such"] },
        },
        heldOut,
        1,
      ),
    /leaves out the operation "no such", which the world lacks; it has: \+1/,
  );
});

Deno.test("what is generated is refused where nothing is", async () => {
  const wrong: Preset = {
    ...preset,
    generated: { depthWeights: [1], withoutOperations: [] },
  };
  await assert.rejects(
    runExperiment({ preset: wrong, seed: 1, folder: "unused" }),
    /preset "smoke": "generated" does nothing unless/,
  );
});
