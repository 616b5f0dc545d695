/**
 * The comparison of an answer's value with the gold value. Both are parsed as data
 * outside the sandbox, and no comparison runs in the sandbox.
 */

import { requireObject, requireOneOf } from "./checks.ts";
import type { Reading } from "./expressions.ts";
import { equalLiterals, parseLiteral } from "./literals/literals.ts";
import type { Language } from "./outcome.ts";

/**
 * The equality of values. `python`: values compare as by Python's `==` (the paper's
 * verifier), and in
 * JavaScript and TypeScript as `===` does, part by part. `typed`: types count too,
 * so that in Python `1`, `1.0` and `True` all differ, and in JavaScript `0` and `-0`.
 */
export type Equality = "python" | "typed";

/** The rules by which answers are judged. */
export interface Judging {
  /** Equality of values: Python's `==`, or one that counts types. */
  equality: Equality;
  /**
   * Largest difference at which floats still count as equal, relative to the
   * larger of 1 and both values. 0 compares exactly.
   */
  floatTolerance: number;
  /** `official`: an answer may be an expression, evaluated in the sandbox. `strict`: literals only. */
  reading: Reading;
}

/** The paper's rules. */
export const PAPER_JUDGING: Judging = {
  equality: "python",
  floatTolerance: 0,
  reading: "official",
};

/** A value that is compared with others. */
export interface GoldValue {
  literal: string;
  canonical: string;
  language: Language;
}

/** Reads a gold output. Throws a TypeError where it is no literal: it comes from the executor. */
export function goldValue(literal: string, language: Language): GoldValue {
  const parsed = parseLiteral(literal, language);
  if (!parsed.ok) {
    throw new TypeError(
      `the gold output ${literal} is not a literal: ${parsed.reason}`,
    );
  }
  return { literal, canonical: parsed.canonical, language };
}

/** Throws a TypeError or RangeError for unknown rules and for rules that exclude each other. */
export function checkJudging(judging: Judging): void {
  const { equality, floatTolerance, reading } = requireObject(
    judging,
    "judging",
  );
  requireOneOf(equality, ["python", "typed"], "judging.equality");
  requireOneOf(reading, ["official", "strict"], "judging.reading");
  if (!Number.isFinite(floatTolerance) || floatTolerance < 0) {
    throw new RangeError(
      `floatTolerance must be a number of at least 0, not ${floatTolerance}`,
    );
  }
  if (equality === "typed" && floatTolerance > 0) {
    throw new RangeError(
      'floatTolerance must be 0 where equality is "typed": use "python"',
    );
  }
}

/** Tells whether a value equals the gold one. */
export function equalsGold(
  gold: GoldValue,
  value: { literal: string; canonical: string },
  { equality, floatTolerance }: Judging,
): boolean {
  if (value.canonical === gold.canonical) return true;
  return equality === "python" &&
    equalLiterals(gold.literal, value.literal, gold.language, floatTolerance);
}
