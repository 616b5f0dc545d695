/** Pairs of a right answer and another one on which graders go wrong, and what the kit's graders say. */

import { compareAnswers } from "../../../lib/lab/benchmarks/answer_process.ts";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import { Fields } from "../../../lib/lab/benchmarks/fields.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import type { PooledExecutor } from "../../../lib/sandbox/mod.ts";
import { OWN_ITEMS } from "./items.ts";

/** A pair, and whether a careful person calls the answer right. */
export interface HardPair {
  grader: "values" | "maths" | "code";
  right: string;
  answer: string;
  same: boolean;
  why: string;
}

/** A pair with the grader's verdict. */
export interface JudgedPair extends HardPair {
  correct: boolean;
  cause: string;
  /** What happened, for a person. */
  detail: string;
}

/** Reads the kit's own hard pairs. */
export function hardPairs(): HardPair[] {
  const text = Deno.readTextFileSync(`${OWN_ITEMS}hard_pairs.jsonl`);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Puts every pair to the grader of its kind, in order. */
export async function judgePairs(
  pairs: readonly HardPair[],
  executor: PooledExecutor,
): Promise<JudgedPair[]> {
  const of = (grader: HardPair["grader"]) =>
    pairs.filter((pair) => pair.grader === grader);
  const verdicts = new Map<HardPair, Omit<JudgedPair, keyof HardPair>>();
  const [values, code] = [of("values"), of("code")];
  const graded = [
    ...await gradeValues(values, executor),
    ...await gradeCode(code, executor),
  ];
  [...values, ...code].forEach((pair, i) => verdicts.set(pair, graded[i]));
  const maths = of("maths");
  for (const [i, cause] of (await compareAnswers(maths)).entries()) {
    verdicts.set(maths[i], { correct: cause === "match", cause, detail: "" });
  }
  return pairs.map((pair) => ({ ...pair, ...verdicts.get(pair)! }));
}

/** Grades values as CRUXEval-O does: as outputs of a program that returns its input. */
function gradeValues(pairs: readonly HardPair[], executor: PooledExecutor) {
  const benchmark = benchmarkNamed("cruxeval-o");
  return benchmark.grade(
    executor,
    pairs.map(({ right, answer }, i) => {
      const code = "def f(x):\n    return x";
      const row = { id: String(i), code, input: right, output: right };
      const item = benchmark.read(new Fields(JSON.stringify(row)));
      const response = benchmark.reference({
        ...item,
        task: { ...item.task, examples: [{ argument: right, output: answer }] },
      });
      return { item, response: response! };
    }),
  );
}

async function gradeCode(
  pairs: readonly HardPair[],
  executor: PooledExecutor,
) {
  const benchmark = benchmarkNamed("humaneval");
  const [item] = await readItems(benchmark, OWN_ITEMS);
  const attempts = pairs.map(({ answer }) => ({ item, response: answer }));
  return await benchmark.grade(executor, attempts);
}
