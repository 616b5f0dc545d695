/**
 * Literals of any language, by name: what the rest of the kit calls to treat a
 * model's inputs and outputs as data. What equals what is decided in
 * `python_equality.ts` and `javascript_equality.ts`.
 */

import type { Language } from "../outcome.ts";
import { defaultLimits } from "../limits.ts";
import { equalJavaScript } from "./javascript_equality.ts";
import {
  parseJavaScriptList,
  parseJavaScriptLiteral,
  printJavaScript,
} from "./literal_javascript.ts";
import { LiteralError, type LiteralLimits } from "./literal.ts";
import { parsePythonCall, parsePythonLiteral } from "./literal_python.ts";
import { equalPython } from "./python_equality.ts";
import { printPython, printPythonCall } from "./python_print.ts";

/** A value as its compact text and its equality key, or the reason why the text is no literal. */
export type ParsedLiteral =
  | { ok: true; literal: string; canonical: string }
  | { ok: false; reason: string };

/** An argument list. `literal` and `canonical` are the whole list, comma-separated; a keyword is `name=value`. */
export type ParsedArguments =
  | {
    ok: true;
    literal: string;
    canonical: string;
    literals: string[];
    count: number;
  }
  | { ok: false; reason: string };

/** Parses a text as exactly one value. Nothing runs and nothing throws: a fault is the `reason`. */
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

/** Parses a comma-separated list of values, possibly empty. A fault is the `reason`. */
export function parseArguments(
  text: string,
  language: Language,
  limits: LiteralLimits = defaultLimits,
): ParsedArguments {
  return orReason(() => {
    const printed = language === "python"
      ? printPythonCall(parsePythonCall(text, limits), limits)
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

/**
 * Tells whether two literals denote equal values: as Python's `==` has it, or in
 * JavaScript as `===` part by part, with floats compared within a tolerance.
 * Throws a LiteralError for what is no literal.
 */
export function equalLiterals(
  a: string,
  b: string,
  language: Language,
  tolerance = 0,
  limits: LiteralLimits = defaultLimits,
): boolean {
  if (language === "python") {
    const [first, second] = [a, b].map((text) =>
      parsePythonLiteral(text, limits)
    );
    return equalPython(first, second, tolerance);
  }
  const [first, second] = [a, b].map((text) =>
    parseJavaScriptLiteral(text, limits)
  );
  return equalJavaScript(first, second, tolerance, limits);
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
