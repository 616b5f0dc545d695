import assert from "node:assert/strict";
import {
  tokenWeights,
  type WeightedSequence,
} from "../../../lib/method/objective/weights.ts";
import { randomStream } from "../../../lib/random.ts";

const batch: WeightedSequence[] = [
  { role: "solve", mode: "deduction", tokenCount: 3 },
  { role: "solve", mode: "deduction", tokenCount: 1 },
  { role: "solve", mode: "induction", tokenCount: 10 },
  { role: "propose", mode: "deduction", tokenCount: 5 },
];

Deno.test("token-mean: groups of weight 1, 1 and 0.5 share 2.5", () => {
  assert.deepEqual(tokenWeights(batch, "token-mean", 0.5), [
    1 / 2.5 / 4,
    1 / 2.5 / 4,
    1 / 2.5 / 10,
    0.5 / 2.5 / 5,
  ]);
});

Deno.test("sequence-mean: a short answer weighs as much as a long one", () => {
  assert.deepEqual(tokenWeights(batch, "sequence-mean", 0.5), [
    1 / 2.5 / 2 / 3,
    1 / 2.5 / 2,
    1 / 2.5 / 10,
    0.5 / 2.5 / 5,
  ]);
});

Deno.test("fixed-length: a token counts one part of the longest response", () => {
  const longest = { propose: 8, solve: 20 };
  assert.deepEqual(tokenWeights(batch, "fixed-length", 0.5, longest), [
    1 / 2.5 / 2 / 20,
    1 / 2.5 / 2 / 20,
    1 / 2.5 / 20,
    0.5 / 2.5 / 8,
  ]);
});

Deno.test("weights times tokens sum to one, whatever the batch", () => {
  const stream = randomStream(7, "weights");
  for (let trial = 0; trial < 300; trial++) {
    const sequences = Array.from(
      { length: stream.integer(1, 30) },
      (): WeightedSequence => ({
        role: stream.choice(["propose", "solve"]),
        mode: stream.choice(["deduction", "abduction", "induction"]),
        tokenCount: stream.integer(0, 9),
      }),
    );
    for (const aggregation of ["token-mean", "sequence-mean"] as const) {
      const weights = tokenWeights(sequences, aggregation, 0.2);
      const sum = weights.reduce(
        (total, weight, i) => total + weight * sequences[i].tokenCount,
        0,
      );
      const any = sequences.some(({ tokenCount }) => tokenCount > 0);
      assert.ok(Math.abs(sum - (any ? 1 : 0)) < 1e-9, `${sum}`);
    }
  }
});

Deno.test("a proposer weight of zero leaves everything to the solver", () => {
  assert.equal(tokenWeights(batch, "token-mean", 0)[3], 0);
  assert.deepEqual(tokenWeights(batch.slice(3), "token-mean", 0), [0]);
});
