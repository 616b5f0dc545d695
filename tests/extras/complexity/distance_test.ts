/** Distances between programs, and the official scores, against worked numbers. */

import assert from "node:assert/strict";

import {
  matchingRatio,
  officialComplexityScore,
  officialEditDistance,
  officialHalstead,
  officialHalsteadScore,
} from "../../../lib/extras/complexity/official.ts";
import { parseSyntax } from "../../../lib/extras/complexity/syntax.ts";
import type { Program } from "../../../lib/sandbox/mod.ts";

const python = (source: string): Program => ({ language: "python", source });

Deno.test("matching ratio: the example of difflib", () => {
  assert.equal(matchingRatio([..."abcd"], [..."bcde"]), 0.75);
  assert.equal(matchingRatio([], []), 1);
  assert.equal(matchingRatio([..."ab"], [..."cd"]), 0);
  assert.equal(officialEditDistance(python("x=1"), python("x = 1")), 0);
  assert.ok(officialEditDistance(python("x=1"), python("x=2")) > 0);
});

Deno.test("official Halstead: operations and their operands, as radon counts", () => {
  // x*2 + y: operators * +; operands x 2 y and the product.
  const sum = officialHalstead(
    parseSyntax(python("def f(x):\n    return x*2 + y")),
  );
  assert.deepEqual(
    [sum.operators, sum.distinctOperators, sum.operands, sum.distinctOperands],
    [2, 2, 4, 4],
  );
  // One `and` of three; a chain of two comparisons of three.
  const logic = officialHalstead(parseSyntax(python("r = a and b and c")));
  assert.deepEqual([logic.operators, logic.operands], [1, 3]);
  const chain = officialHalstead(parseSyntax(python("r = a < b <= c")));
  assert.deepEqual([chain.operators, chain.operands], [2, 3]);
  const update = officialHalstead(parseSyntax(python("x += 1\ny = x")));
  assert.deepEqual([update.operators, update.operands], [1, 2]);
});

Deno.test("official scores: their constants", () => {
  const program = python(
    "def f(x):\n    if x:\n        return x*2 + y\n    return 1",
  );
  // V = E = 6·log2(6), C = 2.
  const volume = 6 * Math.log2(6);
  const score = 0.5 * volume / 10_000 + 0.3 * 0.2 + 0.2 * volume / 500;
  assert.equal(officialHalsteadScore(program), Math.round(score * 1000) / 1000);
  assert.equal(officialComplexityScore(program), 1 / 15);
});
