/**
 * Entry points: how a job names what is to be called. The text comes from a caller
 * or a data set, so it is read here and only names of this shape reach an engine.
 */

/** Where the function is found. */
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

/** The parts of an entry such as `f` or `Solution().f`; null if it is not one. */
export function parseEntry(entry: string): Entry | null {
  const match = PATH.exec(entry);
  return match && { owner: match[1] ?? null, name: match[2] };
}
