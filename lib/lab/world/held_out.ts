/**
 * The held-out set: evaluation items, which training may not use.
 *
 * An item is barred as a pair of program and input, and as a pair of program and
 * output: another input with the same output would give the same prompt of an abduction
 * item. Programs alone are not barred, since the language is so small that nearly every
 * one-operation program would leave the corpus. A text may be barred in every program,
 * as held-out pairs of operations are. Texts are normalised, so that spacing or
 * redundant brackets around the parameter do not hide an item.
 */

import type { Example } from "../../method/modes/task.ts";

/** The calls and questions of the evaluation splits, which training may not use. */
export class HeldOut {
  readonly #keys = new Set<string>();
  readonly #texts: string[] = [];

  get size(): number {
    return this.#keys.size;
  }

  /** Bars one call of a program: its input and its output. */
  add(program: string, example: Example): void {
    const normal = normaliseText(program);
    this.#keys.add(inputKey(normal, example.argument));
    this.#keys.add(outputKey(normal, example.output));
  }

  /** Bars every program that holds a text. */
  addText(text: string): void {
    this.#texts.push(normaliseText(text));
  }

  /** Bars a maths question. */
  addQuestion(question: string): void {
    this.#keys.add(questionKey(question));
  }

  /** Tells whether a program is barred, or is with this input or, if given, this output. */
  has(
    program: string,
    example: { argument: string; output?: string },
  ): boolean {
    const normal = normaliseText(program);
    if (this.#texts.some((text) => normal.includes(text))) return true;
    if (this.#keys.has(inputKey(normal, example.argument))) return true;
    return example.output !== undefined &&
      this.#keys.has(outputKey(normal, example.output));
  }

  /** Tells whether a maths question is barred. */
  hasQuestion(question: string): boolean {
    return this.#keys.has(questionKey(question));
  }
}

const inputKey = (program: string, argument: string) =>
  `${program}<i>${normaliseText(argument)}`;
const outputKey = (program: string, output: string) =>
  `${program}<o>${normaliseText(output)}`;
const questionKey = (question: string) => `<q>${normaliseText(question)}`;

const TOKENS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\s+|./gs;

/**
 * Returns a program's text in one layout: spaces outside strings removed, single quotes
 * made double, `(x)=>` written `x=>`, a final semicolon dropped.
 */
export function normaliseText(text: string): string {
  const squeezed = (text.match(TOKENS) ?? []).map((token) => {
    if (/^\s/.test(token)) return "";
    if (token[0] === "'" && !token.includes('"')) {
      return `"${token.slice(1, -1)}"`;
    }
    return token;
  }).join("");
  return squeezed.replace(/^\((\w+)\)=>/, "$1=>").replace(/;+$/, "");
}
