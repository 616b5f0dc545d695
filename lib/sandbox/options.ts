/** Options of an executor, and their checks. */

import { checkLanguage, requireInteger, requireObject } from "./checks.ts";
import { limitsWith } from "./limits.ts";
import type { Language, Limits } from "./outcome.ts";

/** The options of an executor. */
export interface ExecutorOptions {
  /** Number of sandbox processes of each engine; default: as cores and memory allow. */
  workers?: number;
  /** Limits that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Jobs sent to a process at a time; default: up to 64, by the queue's length. */
  batchSize?: number;
  /** Languages to accept; default: all. */
  languages?: readonly Language[];
}

const MOST_WORKERS = 256;
const LARGEST_BATCH = 1024;
const OPTIONS = ["workers", "limits", "batchSize", "languages"];

/** Throws a TypeError or RangeError that names the first wrong option. */
export function checkOptions(options: ExecutorOptions): void {
  requireObject(options, "options");
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `there is no option "${unknown}"; the options are ${OPTIONS.join(", ")}`,
    );
  }
  const { workers, batchSize, languages } = options;
  if (workers !== undefined) {
    requireInteger(workers, 1, MOST_WORKERS, "workers");
  }
  if (batchSize !== undefined) {
    requireInteger(batchSize, 1, LARGEST_BATCH, "batchSize");
  }
  limitsWith(options.limits);
  if (languages === undefined) return;
  if (!Array.isArray(languages) || languages.length === 0) {
    throw new TypeError("languages must be a list of one language or more");
  }
  languages.forEach((language, i) =>
    checkLanguage(language, `languages[${i}]`)
  );
  if (
    options.limits?.memoryBytes !== undefined && languages.includes("python")
  ) {
    throw new RangeError(
      "limits.memoryBytes does not apply to Python, whose memory is fixed: " +
        "leave it out, set it for single jobs, or start an executor of its own " +
        "for the other languages",
    );
  }
}
