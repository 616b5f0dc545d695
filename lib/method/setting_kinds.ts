/**
 * The kinds of settings: a number, a whole number, a switch, a text, a choice by
 * name and a list of names. Each function here makes one row of the table in `settings.ts`.
 */

/** The values of one setting, by who states them. At least one of the three is given. */
interface Stated<T> {
  /** Value in the paper: its text or its Table 3. */
  paper?: T;
  /** Value in the official code, where it differs or the paper is silent. */
  official?: T;
  /** Value in this kit, where it differs or both sources are silent. */
  kit?: T;
}

/** One setting: what it means, its values and what it allows. */
export interface SettingRow<T> extends Stated<T> {
  /** Description of the setting in a sentence. */
  says: string;
  /** The values that are allowed, in words that follow "must be". */
  wanted: string;
  /** The names that are allowed, for a choice or a list. */
  choices?: readonly string[];
  /** Returns what is wanted where a value has the wrong type or range, else null. */
  complaint: (value: unknown) => string | null;
}

/** Ends of a range, both included. */
interface Range {
  from?: number;
  to?: number;
}

/** Describes a setting that is a finite number. */
export function number(
  says: string,
  { from = -Infinity, to = Infinity, ...stated }: Stated<number> & Range,
): SettingRow<number> {
  const wanted = to !== Infinity
    ? `in [${from}, ${to}]`
    : from === -Infinity
    ? "a number"
    : `at least ${from}`;
  return numeric(says, stated, wanted, (value) => value >= from && value <= to);
}

/** Describes a setting that is a finite number greater than 0 and at most `to`; `why` explains the 0. */
export function positive(
  says: string,
  { to = Infinity, why, ...stated }: Stated<number> & {
    to?: number;
    why?: string;
  },
): SettingRow<number> {
  const above = to === Infinity ? "above 0" : `above 0 and at most ${to}`;
  const wanted = why ? `${above}: ${why}` : above;
  return numeric(says, stated, wanted, (value) => value > 0 && value <= to);
}

/** Describes a setting that is the decay of a running mean: at least 0 and below 1. */
export function decay(
  says: string,
  stated: Stated<number>,
): SettingRow<number> {
  return numeric(
    says,
    stated,
    "at least 0 and below 1",
    (value) => value >= 0 && value < 1,
  );
}

/** Describes a setting that is a whole number of at least `from`, by default 0. */
export function whole(
  says: string,
  { from = 0, to = Infinity, ...stated }: Stated<number> & Range,
): SettingRow<number> {
  const range = to === Infinity ? `of at least ${from}` : `in [${from}, ${to}]`;
  return numeric(
    says,
    stated,
    `a whole number ${range}`,
    (value) => Number.isSafeInteger(value) && value >= from && value <= to,
  );
}

/** Describes a setting that is on or off. */
export function flag(
  says: string,
  stated: Stated<boolean>,
): SettingRow<boolean> {
  const wanted = "true or false";
  const complaint = (value: unknown) =>
    typeof value === "boolean" ? null : wanted;
  return { says, ...stated, wanted, complaint };
}

/** Describes a setting that is a text. */
export function text(says: string, stated: Stated<string>): SettingRow<string> {
  const wanted = "a text";
  const complaint = (value: unknown) =>
    typeof value === "string" ? null : wanted;
  return { says, ...stated, wanted, complaint };
}

/** Describes a setting that is one of the names in `choices`. */
export function choice<const T extends string>(
  choices: readonly T[],
  says: string,
  stated: Stated<NoInfer<T>>,
): SettingRow<T> {
  const wanted = `one of ${choices.join(", ")}`;
  const complaint = (value: unknown) =>
    choices.includes(value as T) ? null : wanted;
  return { says, ...stated, choices, wanted, complaint };
}

/** Describes a setting that is a list of some of the names in `choices`: at least one, each once. */
export function listOf<const T extends string>(
  choices: readonly T[],
  says: string,
  stated: Stated<NoInfer<T>[]>,
): SettingRow<T[]> {
  const wanted = `a list of some of ${choices.join(", ")}, each at most once`;
  const complaint = (value: unknown) => {
    const fits = Array.isArray(value) && value.length > 0 &&
      value.every((item) => choices.includes(item)) &&
      new Set(value).size === value.length;
    return fits ? null : wanted;
  };
  return { says, ...stated, choices, wanted, complaint };
}

function numeric(
  says: string,
  stated: Stated<number>,
  wanted: string,
  fits: (value: number) => boolean,
): SettingRow<number> {
  const complaint = (value: unknown) => {
    if (typeof value !== "number") return "a number";
    if (!Number.isFinite(value)) return "finite";
    return fits(value) ? null : wanted;
  };
  return { says, ...stated, wanted, complaint };
}
