/**
 * What the load test sends: proposals and answers whose verdicts are known beforehand,
 * so that a verdict that got lost or mixed up under load is seen.
 */

import type { Language } from "../../lib/sandbox/mod.ts";

/** Attempts at a task, as the paper's settings want them for its solve rate. */
export const ATTEMPTS = 8;

/** A proposal, and the answers to its task with their right grades. */
export interface WorkItem {
  mode: "deduction" | "abduction";
  proposal: string;
  answers: { response: string; grade: "right" | "wrong" }[];
}

/** Returns item number `n`: no two have the same program. One to seven of its answers are right. */
export function workItem(language: Language, n: number): WorkItem {
  const mode = n % 2 === 0 ? "deduction" : "abduction";
  const source = language === "python"
    ? `def f(a):\n    return [a * 3 + ${n}, a % 7]`
    : `function f(a) { return [a * 3 + ${n}, a % 7]; }`;
  const rightCount = 1 + n % (ATTEMPTS - 1);
  const [right, wrong] = mode === "deduction"
    ? [fenced("output", `[${15 + n}, 5]`), fenced("output", "[0, 0]")]
    : [fenced("input", "5"), fenced("input", "6")];
  return {
    mode,
    proposal: answered(
      `\`\`\`${language}\n${source}\n\`\`\`\n\`\`\`input\n5\n\`\`\`\n`,
    ),
    answers: Array.from(
      { length: ATTEMPTS },
      (_, i) =>
        i < rightCount
          ? { response: right, grade: "right" as const }
          : { response: wrong, grade: "wrong" as const },
    ),
  };
}

const fenced = (name: string, value: string) =>
  answered(`\`\`\`${name}\n${value}\n\`\`\`\n`);

/** Returns a response of the chat dialect. */
const answered = (text: string) => `idea</think> <answer>\n${text}</answer>`;
