/**
 * Entry points: the names of the functions that jobs call. The text comes from a caller
 * or a data set, so this file parses it, and only names of this form reach an engine.
 */

/** The place of the function that is called. */
export interface Entry {
  /** An expression whose property it is, for example `Solution()`; null for a global. */
  owner: string | null;
  name: string;
}

const NAME = String.raw`[\p{ID_Start}_$][\p{ID_Continue}$]*`;
const PATH = new RegExp(
  String.raw`^(?:(${NAME}(?:\(\))?(?:\.${NAME}(?:\(\))?)*)\.)?(${NAME})$`,
  "u",
);

/** Returns the parts of an entry such as `f` or `Solution().f`; null if it is not one. */
export function parseEntry(entry: string): Entry | null {
  const match = PATH.exec(entry);
  return match && { owner: match[1] ?? null, name: match[2] };
}
