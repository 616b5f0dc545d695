/** The forms in which each language writes a function, a call and the call's result in the code dialect. */

import type { Language } from "../../sandbox/mod.ts";
import type { Example } from "../../method/modes/task.ts";

/** Opens a call alone, in every language. */
export const LISTED_CALL = "f(";

/** Ends a block of a function and its asserts. */
export const GAP = "\n\n\n";

/**
 * Inputs an induction proposal is asked for, needed and shown: fewer than the paper's,
 * so that prompts are short and small models can list enough of them.
 */
export const CODE_INDUCTION = { asked: 6, minimum: 3, shown: 2 };

/** A function with some of its calls. */
export interface Worked {
  source: string;
  examples: Example[];
}

/** The words of one language. What a prompt opens, its response closes. */
export interface CodeForm {
  title: string;
  comment: string;
  /** Opens a function. */
  definition: string;
  /** Opens a call with its result. */
  call: string;
  /** A call alone, as inputs are listed. */
  listed(argument: string): string;
  /** Opens the result of a call. */
  result(argument: string): string;
  /** A call with its result. */
  check(argument: string, output: string): string;
  /** Worked examples; the first serves the solver too. */
  worked: readonly Worked[];
}

const CALLS: Example[][] = [
  [
    "2, 3: 7",
    "0, 5: 1",
    "4, -1: -3",
    "7, 7: 50",
    "10, 0: 1",
    "1, 12: 13",
    "6, 6: 37",
  ],
  ["'hi': 'HI!'"],
  ["[1, 4, 2, 5]: 9"],
].map((calls) =>
  calls.map((call) => {
    const [argument, output] = call.split(": ");
    return { argument, output };
  })
);

const worked = (sources: readonly string[]): Worked[] =>
  sources.map((source, i) => ({ source, examples: CALLS[i] }));

function script(title: string, type: (name: string) => string): CodeForm {
  const [number, text, numbers] = ["number", "string", "number[]"].map(type);
  return {
    title,
    comment: "//",
    definition: "function f(",
    call: "assert.deepEqual(f(",
    listed: (argument) => `f(${argument});`,
    result: (argument) => `assert.deepEqual(f(${argument}),`,
    check: (argument, output) => `assert.deepEqual(f(${argument}), ${output});`,
    worked: worked([
      `function f(x${number}, y${number})${number} {\n  return x * y + 1;\n}`,
      `function f(s${text})${text} {\n  return s.toUpperCase() + "!";\n}`,
      `function f(xs${numbers})${number} {\n  let total = 0;\n` +
      "  for (const x of xs) {\n    if (x > 2) total += x;\n  }\n" +
      "  return total;\n}",
    ]),
  };
}

export const CODE_FORMS: Record<Language, CodeForm> = {
  python: {
    title: "Python",
    comment: "#",
    definition: "def f(",
    call: "assert f(",
    listed: (argument) => `f(${argument})`,
    result: (argument) => `assert f(${argument}) ==`,
    check: (argument, output) => `assert f(${argument}) == ${output}`,
    worked: worked([
      "def f(x, y):\n    return x * y + 1",
      "def f(s):\n    return s.upper() + '!'",
      "def f(xs):\n    total = 0\n    for x in xs:\n        if x > 2:\n" +
      "            total += x\n    return total",
    ]),
  },
  javascript: script("JavaScript", () => ""),
  typescript: script("TypeScript", (name) => `: ${name}`),
};
