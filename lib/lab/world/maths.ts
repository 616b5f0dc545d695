/**
 * Maths questions: arithmetic expressions and short word problems.
 *
 * They stand for a domain that self-play never touches. Both kinds have the
 * same traces as deduction, one step per operation.
 */

import type { RandomStream } from "../../random.ts";
import { CORPUS_RANGE } from "./value.ts";

export type MathsKind = "expression" | "words";

/** A question with its answer and the trace that leads to it. */
interface MathsQuestion {
  kind: MathsKind;
  question: string;
  answer: string;
  trace: string;
}

interface MathsStep {
  symbol: string;
  weight: number;
  words: string;
  apply(value: number): number;
}

const STARTS = ["sam has ", "ana has ", "bob has ", "eve has "];
const THINGS = [" figs", " cups", " pens"];
const LARGEST_START = 12;

const STEPS: readonly MathsStep[] = [
  ...[1, 2, 3, 4, 5].flatMap((k) => [
    {
      symbol: `+${k}`,
      weight: .6,
      words: `, gets ${k}`,
      apply: (value: number) => value + k,
    },
    {
      symbol: `-${k}`,
      weight: .6,
      words: `, loses ${k}`,
      apply: (value: number) => value - k,
    },
  ]),
  {
    symbol: "*2",
    weight: 1.5,
    words: ", doubles them",
    apply: (value) => value * 2,
  },
  {
    symbol: "*3",
    weight: 1,
    words: ", triples them",
    apply: (value) => value * 3,
  },
];
const STEP_WEIGHTS = STEPS.map((step) => step.weight);

/** The text pieces of word problems, one token each. */
export const WORD_PIECES: readonly string[] = [
  ...STARTS,
  ...THINGS,
  ", gets ",
  ", loses ",
  ", doubles them",
  ", triples them",
];

/** Draws a question with that many operations, all values in corpus range. */
export function drawMaths(
  kind: MathsKind,
  operationCount: number,
  random: RandomStream,
): MathsQuestion {
  for (;;) {
    const drawn = attemptMaths(kind, operationCount, random);
    if (drawn) return drawn;
  }
}

function attemptMaths(
  kind: MathsKind,
  operationCount: number,
  random: RandomStream,
): MathsQuestion | null {
  let value = random.integer(0, LARGEST_START);
  let question = kind === "expression"
    ? String(value)
    : random.choice(STARTS) + value + random.choice(THINGS);
  let trace = "";
  for (let count = 0; count < operationCount; count++) {
    const step = random.weightedChoice(STEPS, STEP_WEIGHTS);
    value = step.apply(value);
    if (value < 0 || value > CORPUS_RANGE.largestInteger) return null;
    trace += `${step.symbol}=${value}`;
    if (kind === "words") question += step.words;
    else question = (count > 0 ? `(${question})` : question) + step.symbol;
  }
  return { kind, question, answer: String(value), trace };
}
