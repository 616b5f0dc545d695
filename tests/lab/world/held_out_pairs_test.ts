/** Held-out pairs of operations: which are drawn, and where no program applies one. */

import assert from "node:assert/strict";
import { generatedTasks } from "../../../lib/lab/run.ts";
import { DocumentWriter } from "../../../lib/lab/world/documents.ts";
import { HeldOutPairs } from "../../../lib/lab/world/held_out_pairs.ts";
import { operationNamed } from "../../../lib/lab/world/operations.ts";
import { buildSplits } from "../../../lib/lab/world/splits.ts";
import { randomStream } from "../../../lib/random.ts";
import { TEST_WORLD } from "./world_config.ts";

const NAMES = ["map v+1", "append 3", "rest list", "reverse list", "sum"];

/** A world in which lists have four operations to a list and one to a number. */
const WORLD = {
  ...TEST_WORLD,
  operations: [...NAMES, "+1"],
  inputWeights: { integer: 0, list: 1, string: 0 },
  loopShare: 0,
  depthWeights: [.3, .4, .3],
  familiarDepths: [1, 2],
  familiarInductionDepths: [],
  deepDepths: [3],
  largeDepths: [],
  composedDepths: [2],
  mathsOperations: [],
  longerMathsOperations: [],
  wordShare: 0,
  mixture: {
    ...{ deduction: .4, abduction: .3, induction: 0, maths: 0 },
    ...{ proposeDeduction: .15, proposeAbduction: .15, proposeInduction: 0 },
  },
  familiarItems: 20,
  otherItems: 20,
  heldOutPairs: { count: 9, depths: [2, 3] },
};

Deno.test("pairs depend on the splits' seed, and every operation keeps a follower", () => {
  const pairs = new HeldOutPairs(WORLD);
  assert.equal(pairs.size, 9);
  assert.deepEqual(new HeldOutPairs(WORLD).texts(), pairs.texts());
  const other = new HeldOutPairs({ ...WORLD, splitSeed: 12 });
  assert.notDeepEqual(other.texts(), pairs.texts());
  const operations = NAMES.map(operationNamed);
  for (const first of operations.filter(({ name }) => name !== "sum")) {
    assert.ok(operations.some((next) => !pairs.has(first, next)), first.name);
  }
  // A number is added to in brackets, so that no pair of such is side by side.
  assert.ok(!pairs.has(operationNamed("sum"), operationNamed("+1")));
});

Deno.test("more pairs than a world has are refused", () => {
  assert.throws(
    () =>
      new HeldOutPairs({ ...WORLD, heldOutPairs: { count: 17, depths: [2] } }),
    /heldOutPairs\.count is 17, .* only 16 pairs/,
  );
});

Deno.test("the split of pairs applies one in every program, the other splits in none", () => {
  const pairs = new HeldOutPairs(WORLD);
  for (const { name, items } of buildSplits(WORLD).splits) {
    for (const item of items) {
      assert.ok(item.kind !== "maths");
      const operations = item.operations.map(operationNamed);
      assert.equal(pairs.inProgram({ operations }), name === "pairs", item.id);
      if (name === "pairs") assert.ok([2, 3].includes(item.depth));
    }
  }
});

Deno.test("neither documents nor generated tasks apply a held-out pair, and self-play may not", async () => {
  const { heldOut } = buildSplits(WORLD);
  const texts = new HeldOutPairs(WORLD).texts();
  const holds = (text: string) => texts.some((pair) => text.includes(pair));
  const documents = (world: typeof WORLD) => {
    const random = randomStream(1, "documents");
    const writer = new DocumentWriter(world, heldOut, random);
    return Array.from({ length: 2000 }, () => writer.next());
  };
  assert.ok(!documents(WORLD).some(({ prompt }) => holds(prompt)));
  const generate = generatedTasks({ world: WORLD }, heldOut, 1);
  const generated = await generate("deduction", 500, 0);
  const sources = generated.map(({ program }) => program.source);
  assert.ok(!sources.some(holds));
  for (const text of texts) {
    const call = { argument: "[1]", output: "[9]" };
    assert.ok(heldOut.has(`x=>x${text}`, call), text);
    assert.ok(heldOut.has(`(x) => x.slice(1)${text}.slice(1);`, call), text);
  }
});
