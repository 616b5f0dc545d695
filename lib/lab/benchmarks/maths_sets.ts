/** The maths benchmarks: their public files, and how each row is read. */

import { lastBoxed, mathsBenchmark } from "./maths.ts";

export const gsm8k = mathsBenchmark({
  name: "gsm8k",
  files: ["gsm8k.jsonl", "test.jsonl"],
  source: "https://github.com/openai/grade-school-math (test.jsonl, MIT)",
  caution:
    "public since October 2021: most models have seen it or text like it",
}, (row) => {
  const [question, solution] = [row.text("question"), row.text("answer")];
  const answer = /#### *(\S[^\n]*)$/.exec(solution.trimEnd())?.[1];
  if (answer === undefined) {
    throw new TypeError('the field "answer" does not end with "#### ANSWER"');
  }
  const id = row.has("idx") ? row.label("idx") : question;
  return { id, question, answer, solution };
});

const MATH_EVAL = "https://github.com/LeapLabTHU/Absolute-Zero-Reasoner " +
  "(evaluation/math_eval/eval/data/; the problems belong to their authors)";

/** A competition, in the form that the paper's harness has its file. */
function competition(name: string, said: string) {
  return mathsBenchmark({
    name,
    files: [`${name}.jsonl`, "test.jsonl"],
    source: MATH_EVAL,
    caution: said,
  }, (row) => {
    const [question, answer] = [row.text("problem"), row.label("answer")];
    const solution = `\\boxed{${answer}}`;
    return { id: row.label("id"), question, answer, solution };
  });
}

export const amc23 = competition(
  "amc23",
  "held in November 2023: newer models may have seen it",
);
export const aime24 = competition(
  "aime24",
  "held in February 2024: newer models may have seen it",
);
export const aime25 = competition(
  "aime25",
  "held in February 2025: newer models may have seen it",
);

export const minerva = mathsBenchmark({
  name: "minerva",
  files: ["minerva_math.jsonl", "test.jsonl"],
  source: MATH_EVAL,
  caution: "lectures of a university, public since 2022: most models have " +
    "seen text like it; many answers are measured, and only the file's digits count",
}, (row) => {
  const [question, solution] = [row.text("problem"), row.text("solution")];
  const answer = lastBoxed(solution)?.trim();
  if (!answer) {
    throw new TypeError('the field "solution" has no \\boxed{ANSWER}');
  }
  return { id: row.label("idx"), question, answer, solution };
});

export const olympiadbench = mathsBenchmark({
  name: "olympiadbench",
  files: ["olympiadbench.jsonl", "test.jsonl"],
  source:
    "https://github.com/OpenBMB/OlympiadBench (text only, English, maths, " +
    "Apache-2.0) in the form of " + MATH_EVAL,
  caution:
    "public since February 2024, its problems longer: models may have seen them",
}, (row) => {
  const [answer] = row.list("final_answer");
  if (typeof answer !== "string") {
    throw new TypeError('the field "final_answer" is no list of a text');
  }
  return {
    id: row.label("id"),
    question: row.text("question"),
    answer,
    solution: `\\boxed{${answer}}`,
  };
});

export const math500 = mathsBenchmark({
  name: "math500",
  files: ["math500.jsonl", "test.jsonl"],
  source: "https://github.com/openai/prm800k (500 problems of MATH, MIT)",
  caution: "public since March 2021: most models have seen it or text like it",
}, (row) => ({
  id: row.label("unique_id"),
  question: row.text("problem"),
  answer: row.text("answer"),
  solution: row.text("solution"),
}));
