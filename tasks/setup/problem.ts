/**
 * A thing that set-up cannot mend by itself, said in one line that names the
 * cure. Distinct from a defect, which keeps its stack trace.
 */
export class SetupProblem extends Error {
  /** `what` is wrong, and the `cure` is what a person can do about it. */
  constructor(what: string, readonly cure: string) {
    super(`${what}; ${cure}`);
    this.name = "SetupProblem";
  }
}

/** The first line of whatever was thrown. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0].trim();
}
