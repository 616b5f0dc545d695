/**
 * Maths answers beside math-verify's verdicts (tasks/make_answer_fixtures.py): pairs of
 * our own, and, in the folder that AZR_BENCHMARKS names, every gold answer.
 */

import assert from "node:assert/strict";
import { compareAnswers } from "../../../lib/lab/benchmarks/answer_process.ts";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import type { MathsItem } from "../../../lib/lab/benchmarks/maths.ts";
import golds from "./golds.json" with { type: "json" };
import pairs from "./answer_pairs.json" with { type: "json" };

const FOLDER = Deno.env.get("AZR_BENCHMARKS");

/** Where math-verify 0.9.0 differs. Each time it is wrong and this comparison right. */
const MATH_VERIFY_WRONG: [right: string, answer: string][] = [
  // Notations that it does not read.
  ["42", "42."],
  ["1234567", "1\\,234\\,567"],
  ["\\sqrt{2}", "2^{0.5}"],
  ["\\ln 2", "\\log_e 2"],
  ["\\sin 60^\\circ", "\\frac{\\sqrt3}{2}"],
  ["3e^{-2t}+c", "3 e^{-2 t} + c"],
  ["0.\\overline{3}", "\\frac13"],
  // The imaginary unit is a letter to it.
  ["3+4i", "3 + 4 i"],
  ["3+4i", "(2+i)^2"],
  ["-i", "\\frac{1}{i}"],
  ["-i", "i^3"],
  ["\\frac{1+i}{2}", "\\frac{1}{1-i}"],
  ["\\frac{1+i}{2}", "0.5+0.5i"],
  // A pair is not a set, and the base of a number counts.
  ["(2,3)", "\\{2,3\\}"],
  ["1011_2", "1011"],
  ["1011_2", "1011_3"],
];

Deno.test("every pair of answers is judged rightly, and where math-verify differs it is wrong", async () => {
  const verdicts = await compareAnswers(pairs);
  const wrong = pairs.filter(({ same }, i) =>
    (verdicts[i] === "match") !== same
  );
  assert.deepEqual(wrong, []);
  const differing = pairs.filter(({ same, mathVerify }) => same !== mathVerify)
    .map(({ right, answer }) => `${right} | ${answer}`);
  assert.deepEqual(
    differing.sort(),
    MATH_VERIFY_WRONG.map((pair) => pair.join(" | ")).sort(),
  );
});

/** The answers that each gold answer is compared with, as in the script of the fixtures. */
const GIVEN = {
  itself: (answer: string) => answer,
  rewritten: (answer: string) =>
    answer.replaceAll("\\frac", "\\dfrac").replace(
      /\\(?:left|right)(?![a-z])/g,
      "",
    ).replaceAll("+", " + "),
  next: (_answer: string, next: string) => next,
  changed: (answer: string) =>
    answer.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
};

/** Items of each benchmark by the kind of answer that is judged otherwise than the texts suggest. */
type Odd = Record<string, Partial<Record<keyof typeof GIVEN, string[]>>>;

/**
 * Such items of math-verify, which is wrong about all that are not in ODD: the base of
 * a number does not count for it (seven of math500), .0000672 is .0000673, and two
 * answers of minerva with indices are not read.
 */
const THEIRS: Odd = golds;
/** Such items of this comparison. */
const ODD: Odd = {
  // 5 and x=5; and units do not count, so that inches² are inches³.
  math500: {
    next: ["test/algebra/1837.json"],
    changed: ["test/geometry/473.json", "test/prealgebra/1114.json"],
  },
};

for (const [name, theirs] of Object.entries(THEIRS)) {
  Deno.test({
    name:
      `the gold answers of ${name} are told from others, beside math-verify`,
    ignore: FOLDER === undefined,
    async fn() {
      const items: MathsItem[] = await readItems(benchmarkNamed(name), FOLDER!);
      let differing = 0;
      for (const [kind, give] of Object.entries(GIVEN)) {
        const asked = items.map(({ answer: right }, i) => ({
          right,
          answer: give(right, items[(i + 1) % items.length].answer),
        }));
        const verdicts = await compareAnswers(asked);
        const odd = items.filter((_, i) => {
          const { right, answer } = asked[i];
          const same = kind === "rewritten" || right === answer;
          return (verdicts[i] === "match") !== same;
        }).map(({ id }) => id);
        const ours = ODD[name]?.[kind as keyof typeof GIVEN] ?? [];
        assert.deepEqual(odd, ours, kind);
        differing += new Set(theirs[kind as keyof typeof GIVEN])
          .symmetricDifference(new Set(ours)).size;
      }
      const judged = items.length * Object.keys(GIVEN).length;
      assert.ok(differing <= judged / 100, `${differing} of ${judged}`);
    },
  });
}
