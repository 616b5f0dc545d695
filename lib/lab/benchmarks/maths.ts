/**
 * Maths benchmarks: a question in words, and an answer that is compared as maths.
 *
 * Asked as the paper's harness asks models without its own training (`qwen-boxed`,
 * and the same words without turns where there is no template). The answer is the
 * last `\boxed{}`, else what stands behind `####`, else behind "answer is", else the
 * last number. That harness also runs other templates, which are not public text.
 */

import { type Benchmark, NO_ANSWER, type Prompt } from "./benchmark.ts";
import type { Fields } from "./fields.ts";
import { compareAnswers } from "./answer_process.ts";

interface Item {
  id: string;
  question: string;
  answer: string;
  /** The worked solution, which ends with the answer. */
  solution: string;
}

const INSTRUCTION =
  "Please reason step by step, and put your final answer within \\boxed{}.";

function mathsBenchmark(
  about: Pick<Benchmark, "name" | "files" | "source" | "caution">,
  read: (row: Fields) => Item,
): Benchmark<Item> {
  return {
    ...about,
    read,
    prompt({ question }, template): Prompt {
      const content = `${question}\n${INSTRUCTION}`;
      if (template === null) return { text: `${content}\n`, stops: [] };
      const system = "You are a helpful assistant.";
      return {
        text: template([
          { role: "system", content: system },
          { role: "user", content },
        ]),
        stops: [],
      };
    },
    reference: ({ solution }) => solution,
    async grade(_executor, attempts) {
      const answers = attempts.map(({ response }) => finalAnswer(response));
      const found = answers.flatMap((answer, i) =>
        answer === null ? [] : [{ right: attempts[i].item.answer, answer }]
      );
      const verdicts = await compareAnswers(found);
      let next = 0;
      return answers.map((answer) => {
        if (answer === null) return NO_ANSWER;
        const cause = verdicts[next++];
        return { correct: cause === "match", cause, detail: answer };
      });
    },
  };
}

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

/** The answer that a response gives; null where there is none. */
export function finalAnswer(response: string): string | null {
  const boxed = lastBoxed(response);
  if (boxed !== null) return boxed.trim() || null;
  const marked = /####[^\S\n]*(\S[^\n]*)/.exec(response)?.[1] ??
    [...response.matchAll(/answer is:?[^\S\n]+(\S[^\n]*)/gi)].at(-1)?.[1];
  if (marked) return marked.trim().replace(/\.$/, "");
  return response.match(/-?\d+(?:,\d{3})*(?:\.\d+)?/g)?.at(-1) ?? null;
}

/** What the last `\boxed{}` or `\fbox{}` holds, with its braces paired. */
function lastBoxed(text: string): string | null {
  const opening = [...text.matchAll(/\\f?box(?:ed)?\s*\{/g)].at(-1);
  if (opening === undefined) {
    return [...text.matchAll(/\\boxed\s+(\S)/g)].at(-1)?.[1] ?? null;
  }
  const start = opening.index + opening[0].length;
  for (let at = start, depth = 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return text.slice(start, at);
  }
  return null;
}
