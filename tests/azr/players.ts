/** Two models for the twins: one that learns, and one that speaks in words. */

import { LocalEngine } from "../../lib/engines/local.ts";
import type { Executor } from "../../lib/sandbox/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { taughtEngine } from "../method/tiny_model.ts";
import type { Player } from "./twins.ts";

const tokenizer = characterTokenizer();

/** A real model of the compact dialect, taught for a few seconds. */
export async function learner(
  executor: Executor,
): Promise<Player & { engine: LocalEngine }> {
  return { engine: await taughtEngine(tokenizer, 80), tokenizer, executor };
}

/** A table of responses in the chat dialect. */
export function speaker(executor: Executor): Player {
  const engine = new ScriptedEngine(tokenizer, chatResponses);
  return { engine, tokenizer, executor };
}

const fence = (tag: string, text: string) => `\`\`\`${tag}\n${text}\n\`\`\`\n`;
const answer = (text: string) => `so</think>\n<answer>\n${text}</answer>`;

/** A language model of few words, some of them out of form. */
function chatResponses(prompt: string, variant: number): string[] {
  const program = fence(
    "javascript",
    `function f(a) { return a + ${variant}; }`,
  );
  if (prompt.includes("## Task: invent")) {
    return [
      answer(program + fence("input", `${variant}`)),
      answer(fence("javascript", "a =>") + fence("input", "1")),
      answer(program) + " and more that is never read",
    ];
  }
  if (prompt.includes("## Task: write")) {
    const inputs = Array.from(
      { length: 10 },
      (_, i) => fence("input", `${i + 3}`),
    );
    const message = fence("message", "adds a number");
    return [answer(inputs.join("") + message), answer(inputs.join(""))];
  }
  if (prompt.includes("## Task: find the program")) {
    return [answer(program), answer(fence("javascript", "a => a"))];
  }
  const tag = prompt.includes("## Task: find an input") ? "input" : "output";
  return [answer(fence(tag, `${variant}`)), answer(fence(tag, "3")), "so so"];
}
