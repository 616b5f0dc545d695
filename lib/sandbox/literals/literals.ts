/**
 * Literals of any language, by name: what the rest of the kit calls to treat a
 * model's inputs and outputs as data. The languages are in `literal.ts` and
 * `literal_python.ts`, with their decisions about what equals what.
 */

import {
  LiteralError,
  type LiteralLimits,
  parseJavaScriptList,
  parseJavaScriptLiteral,
  type PrintedValue,
  printJavaScript,
} from "./literal_javascript.ts";
import {
  parsePythonList,
  parsePythonLiteral,
  printPython,
} from "./literal_python.ts";
import { defaultLimits } from "../limits.ts";
import type { Language } from "../outcome.ts";

/** One value: its compact text and its equality key, or why it is not a literal. */
export type ParsedLiteral =
  | { ok: true; literal: string; canonical: string }
  | { ok: false; reason: string };

/** An argument list. `literal` and `canonical` are the whole list, comma-separated. */
export type ParsedArguments =
  | {
    ok: true;
    literal: string;
    canonical: string;
    literals: string[];
    count: number;
  }
  | { ok: false; reason: string };

/** Reads exactly one value. */
export function parseLiteral(
  text: string,
  language: Language,
  limits: LiteralLimits = defaultLimits,
): ParsedLiteral {
  return orReason(() => {
    const printed = language === "python"
      ? printPython(parsePythonLiteral(text, limits), limits)
      : printJavaScript(parseJavaScriptLiteral(text, limits), limits);
    return { ok: true, ...printed };
  });
}

/** Reads a comma-separated list of values, possibly empty. */
export function parseArguments(
  text: string,
  language: Language,
  limits: LiteralLimits = defaultLimits,
): ParsedArguments {
  return orReason(() => {
    const printed: PrintedValue[] = language === "python"
      ? parsePythonList(text, limits).map((value) => printPython(value, limits))
      : parseJavaScriptList(text, limits)
        .map((value) => printJavaScript(value, limits));
    const literals = printed.map((value) => value.literal);
    return {
      ok: true,
      literal: literals.join(","),
      canonical: printed.map((value) => value.canonical).join(","),
      literals,
      count: literals.length,
    };
  });
}

function orReason<T>(parse: () => T): T | { ok: false; reason: string } {
  try {
    return parse();
  } catch (error) {
    if (error instanceof LiteralError) {
      return { ok: false, reason: error.message };
    }
    throw error;
  }
}
