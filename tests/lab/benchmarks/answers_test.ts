/** Maths answers: equal ones, near ones, and texts that ask for too much. */

import assert from "node:assert/strict";
import { compareAnswers } from "../../../lib/lab/benchmarks/answer_process.ts";
import { finalAnswer } from "../../../lib/lab/benchmarks/maths.ts";

const EQUAL: [right: string, answer: string][] = [
  ["\\frac{1}{2}", "\\dfrac12"],
  ["\\frac{1}{2}", "0.5"],
  ["\\frac{9}{7}", "$\\frac97$"],
  ["58,500", "58500"],
  ["11,\\! 111,\\! 111,\\! 100", "11111111100"],
  ["\\$18.90", "18.9"],
  ["90^\\circ", "90"],
  ["864 \\mbox{ inches}^2", "864"],
  ["5.4 \\text{ cents}", "5.4"],
  ["15\\%", "15"],
  ["\\text{Evelyn}", "Evelyn"],
  ["\\text{(C)}", "C"],
  ["\\text{(C)}", "(C)"],
  ["3, 5, 7", "7,5,3"],
  ["1 \\pm \\sqrt{19}", "1-\\sqrt{19}, 1+\\sqrt{19}"],
  ["\\{1\\pm\\sqrt{5},-2\\}", "-2, 1+\\sqrt5, 1-\\sqrt5"],
  ["(3,4]", "\\left(3, \\frac{8}{2}\\right]"],
  ["x \\in [-2,7]", "[-2, 7]"],
  ["(0,9) \\cup (9,36)", "(9,36)\\cup(0,9)"],
  ["\\left( 3, \\frac{\\pi}{2} \\right)", "(3, 0.5\\pi)"],
  [
    "\\begin{pmatrix} 1/5 \\\\ -18/5 \\end{pmatrix}",
    "\\begin{bmatrix}0.2\\\\-3.6\\end{bmatrix}",
  ],
  ["x^2+2x+1", "(x+1)^2"],
  ["y = 2x + 3", "3+2x"],
  ["6+9i", "9i+6"],
  ["\\sqrt{51}", "\\sqrt{17}\\sqrt{3}"],
  ["2^{1009}", "2 \\cdot 2^{1008}"],
];

const DIFFERENT: [right: string, answer: string][] = [
  ["\\frac{1}{2}", "\\frac{1}{3}"],
  ["58,500", "58,501"],
  ["10000000", "10000001"],
  ["(3,4]", "(3,4)"],
  ["(3,4]", "[3,4]"],
  ["(3,4)", "(4,3)"],
  ["3, 5, 7", "3, 5"],
  ["3, 5, 7", "3, 5, 5"],
  ["1 \\pm \\sqrt{19}", "1+\\sqrt{19}"],
  ["\\text{east}", "\\text{west}"],
  ["x^2+2x+1", "(x-1)^2"],
  ["6+9i", "6-9i"],
  ["52_8", "52"],
  ["3\\sqrt{13}", "3\\sqrt{14}"],
  [
    "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}",
    "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix}",
  ],
  ["(0,9) \\cup (9,36)", "(0,36)"],
];

async function verdicts(pairs: readonly [string, string][]) {
  return await compareAnswers(
    pairs.map(([right, answer]) => ({ right, answer })),
  );
}

Deno.test("equal answers are found equal, either way round", async () => {
  const turned = EQUAL.map(([a, b]): [string, string] => [b, a]);
  for (const pairs of [EQUAL, turned]) {
    const found = await verdicts(pairs);
    assert.deepEqual(pairs.filter((_, i) => found[i] !== "match"), []);
  }
});

Deno.test("near and wrong answers are told apart", async () => {
  const found = await verdicts(DIFFERENT);
  assert.deepEqual(DIFFERENT.filter((_, i) => found[i] === "match"), []);
});

Deno.test("answers without meaning are unparsable, and none stops the others", async () => {
  const [long, broken, fine] = await verdicts([
    ["1", "1".repeat(2000)],
    ["1", "\\frac{"],
    ["1", "2-1"],
  ]);
  assert.equal(long, "unparsable");
  assert.notEqual(broken, "match");
  assert.equal(fine, "match");
});

Deno.test("the answer is the last box, else what is announced, else the last number", () => {
  assert.equal(
    finalAnswer("\\boxed{1} or \\boxed{\\frac{1}{2}}."),
    "\\frac{1}{2}",
  );
  assert.equal(finalAnswer("so 3 apples\n#### 1,300"), "1,300");
  assert.equal(finalAnswer("The answer is 42."), "42");
  assert.equal(finalAnswer("That makes 3 and 4.5 in all."), "4.5");
  assert.equal(finalAnswer("nothing"), null);
  assert.equal(finalAnswer("\\boxed{\\{1,2\\}}"), "\\{1,2\\}");
});
