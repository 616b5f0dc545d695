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
import { mostFrequent } from "./guesses.ts";

/** A question, and its answer as maths. */
export interface MathsItem {
  id: string;
  question: string;
  answer: string;
  /** The worked solution, which ends with the answer; the answer in a box where the file has none. */
  solution: string;
}

const INSTRUCTION =
  "Please reason step by step, and put your final answer within \\boxed{}.";

/** A benchmark of a public file whose rows `read` understands. */
export function mathsBenchmark(
  about: Pick<Benchmark, "name" | "files" | "source" | "caution">,
  read: (row: Fields) => MathsItem,
): Benchmark<MathsItem> {
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
    guesses(items) {
      const answer = mostFrequent(items.map(({ answer }) => answer));
      const response = `\\boxed{${answer}}`;
      return { "the most frequent answer": items.map(() => response) };
    },
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

/** The answer that a response gives; null where there is none. */
export function finalAnswer(response: string): string | null {
  const boxed = lastBoxed(response);
  if (boxed !== null) return boxed.trim() || null;
  const marked = /####[^\S\n]*(\S[^\n]*)/.exec(response)?.[1] ??
    [...response.matchAll(/answer is:?[^\S\n]+(\S[^\n]*)/gi)].at(-1)?.[1];
  if (marked) return marked.trim().replace(/\.$/, "");
  return response.match(/-?\d+(?:,\d{3})*(?:\.\d+)?/g)?.at(-1) ?? null;
}

/** Returns what the last `\boxed{}` or `\fbox{}` holds, with its braces paired. */
export function lastBoxed(text: string): string | null {
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
