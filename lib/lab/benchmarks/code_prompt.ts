/**
 * How a model is asked for code, and how code is read from its response: as EvalPlus
 * does (the harness of the paper's HumanEval+ and MBPP+), in its default form.
 *
 * A model with a chat template is asked for a script and its answer is begun for it,
 * inside a fence. Any other model continues the problem as it stands. EvalPlus reads
 * the response with a syntax tree; here it ends at its fence.
 */

import type { ChatTemplate, Prompt } from "./benchmark.ts";

const INSTRUCTION =
  "Please provide a self-contained Python script that solves the following problem in a markdown code block:";
const OPENING =
  "Below is a Python script with a self-contained function that solves the problem and passes corresponding tests:";
const STOPS = ["\nif __name__", "\ndef main(", "\nprint("];

/** The prompt for a problem; `ends` are the strings that end a plain continuation. */
export function codePrompt(
  problem: string,
  template: ChatTemplate | null,
  ends: readonly string[],
): Prompt {
  if (template === null) {
    return { text: problem.trim() + "\n", stops: [...STOPS, ...ends] };
  }
  const content = `${INSTRUCTION}\n\`\`\`\n${problem.trim()}\n\`\`\`\n`;
  const text = template([{ role: "user", content }]) +
    `${OPENING}\n\`\`\`python\n`;
  return { text, stops: [...STOPS, "\n```\n"] };
}

/**
 * The program of a response: the problem as it is asked, so that what it imports and
 * defines is there, followed by the code. Code that does not define `entry` goes on
 * where the problem ends.
 */
export function writtenProgram(
  problem: string,
  response: string,
  entry: string,
  ends: readonly string[],
): string {
  const fenced = /^```(?:python|py)?[^\S\n]*\n([^]*)/m.exec(response);
  const defines = new RegExp(`^(?:async )?def ${entry}\\b`, "m");
  const begun = fenced && defines.test(fenced[1]) ? fenced[1] : response;
  const [code] = begun.split(/^```/m);
  const standsAlone = defines.test(code);
  const cuts = standsAlone ? STOPS : [...STOPS, ...ends];
  const length = Math.min(
    code.length,
    ...cuts.map((stop) => code.indexOf(stop)).filter((at) => at >= 0),
  );
  const kept = code.slice(0, length);
  return standsAlone ? `${problem}\n${kept}\n` : `${problem}${kept}\n`;
}
