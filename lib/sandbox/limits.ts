/**
 * The default limits. They decide verdicts, so they are one record with one
 * place, stored with every run beside the engines' hashes.
 */

import type { Limits } from "./outcome.ts";

/**
 * Fuel 2·10⁸ is about a second of QuickJS; programs of the size models write use
 * 10³ to 10⁷. The wall clock is far above what any amount of fuel takes, also on a
 * loaded machine, because its firing is a fault of the sandbox and never a verdict.
 */
export const defaultLimits: Limits = {
  fuel: 200_000_000,
  memoryBytes: 32 * 1024 * 1024,
  sourceChars: 32_768,
  literalChars: 65_536,
  valueNodes: 10_000,
  valueDepth: 100,
  wallMs: 30_000,
};

/** The limits with some replaced. Throws when one is out of range. */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isInteger(value) || value <= 0) {
      throw new RangeError(
        `limits.${name} must be a positive integer, not ${value}`,
      );
    }
  }
  // The count is a signed 32-bit integer inside the module, and one bulk
  // instruction can charge 2²⁶ steps at once.
  if (limits.fuel > 2_000_000_000) {
    throw new RangeError("limits.fuel must be at most 2000000000");
  }
  return limits;
}
