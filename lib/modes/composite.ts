/**
 * Composite programs: a proposal that must build on functions from the buffer,
 * `f` calling `g_0`, `g_1` and so on (paper, appendix D.2: no gain, the proposer
 * tends towards `f = g_0`; off by default).
 *
 * A part's entry function is renamed as text. Should a rename change what the
 * part does (an `f` inside a string), the task is still right, since its gold
 * output comes from running the renamed program.
 */

import type { Program } from "../executor/mod.ts";

/** The name of a part in the composite program. */
export function partName(index: number): string {
  return `g_${index}`;
}

/** The name `f` by itself: no property, no part of a word, no prefix of an f-string. */
const ENTRY = /(?<![\w$.])f(?![\w$"'])/g;

/** Something in the source that gives `f` its meaning; without it the source is an expression. */
const DEFINITION =
  /(?:\b(?:function\*?|const|let|var|class|def)\s+f\b)|^f\s*=/m;

/** A part's definition under its own name. */
export function partDefinition(
  { language, source }: Program,
  index: number,
): string {
  const name = partName(index);
  if (DEFINITION.test(source)) return source.replaceAll(ENTRY, name);
  return language === "python"
    ? `${name} = (${source})`
    : `const ${name} = (${source});`;
}

/** The parts' definitions, then the proposed program. */
export function composeProgram(
  parts: readonly Program[],
  source: string,
): string {
  return [...parts.map(partDefinition), source].join("\n");
}

/** Why a proposal does not build on its parts as asked. */
export type CompositeCause = "partUnused" | "partRedefined";

/** Whether the proposed source calls every part and defines none of them. */
export function checkParts(
  count: number,
  source: string,
): CompositeCause | null {
  for (let i = 0; i < count; i++) {
    const name = partName(i);
    const defines = new RegExp(
      `\\b(?:function\\*?|const|let|var|class|def)\\s+${name}\\b|^\\s*${name}\\s*=[^=]`,
      "m",
    );
    if (defines.test(source)) return "partRedefined";
    if (!new RegExp(`\\b${name}\\s*\\(`).test(source)) return "partUnused";
  }
  return null;
}
