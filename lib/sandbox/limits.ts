/**
 * The default limits. They decide verdicts, so every run records them beside the
 * engines' hashes.
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
  stdinChars: 1_048_576,
  stdoutChars: 65_536,
  literalChars: 65_536,
  valueNodes: 10_000,
  valueDepth: 100,
  wallMs: 30_000,
};

/**
 * The range of each limit. Fuel is a signed 32-bit integer inside the module, and one
 * bulk instruction can charge 2²⁶ steps at once. QuickJS does not start in less than
 * 256 KiB and never gets more than 64 MiB. Sources and arguments are handed to it in
 * 576 KiB, at most 3 bytes a character. A timer takes 31 bits.
 */
const RANGES: Record<keyof Limits, readonly [least: number, most: number]> = {
  fuel: [1, 2_000_000_000],
  memoryBytes: [256 * 1024, 60 * 1024 * 1024],
  sourceChars: [1, 131_072],
  stdinChars: [1, 4_194_304],
  stdoutChars: [1, 1_048_576],
  literalChars: [1, 131_072],
  valueNodes: [1, 1_000_000],
  valueDepth: [1, 1000],
  wallMs: [1, 2_147_483_647],
};

/**
 * Returns the limits with some replaced. Where more fuel is given and no `wallMs`, the wall
 * clock grows with the fuel. Throws a RangeError or TypeError that names the limit.
 */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  checkLimits(changes, "limits");
  const limits = { ...defaultLimits, ...changes };
  const wallMs = changes.wallMs ?? wallFor(limits.fuel, defaultLimits);
  return { ...limits, wallMs };
}

/** Returns the wall clock for a job that may use `fuel`, where `limits` are the executor's. */
export function wallFor(
  fuel: number,
  limits: Pick<Limits, "fuel" | "wallMs">,
): number {
  const share = Math.max(1, fuel / limits.fuel);
  return Math.min(RANGES.wallMs[1], Math.ceil(limits.wallMs * share));
}

/** Throws unless every limit given has a known name and is in its range. */
export function checkLimits(
  changes: unknown,
  at: string,
  names: readonly string[] = Object.keys(RANGES),
): void {
  if (
    typeof changes !== "object" || changes === null || Array.isArray(changes)
  ) {
    throw new TypeError(`${at} must be an object, not ${changes}`);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (!names.includes(name)) {
      throw new TypeError(
        `${at}.${name} is not a limit; the limits are ${names.join(", ")}`,
      );
    }
    const [least, most] = RANGES[name as keyof Limits];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new RangeError(
        `${at}.${name} must be an integer from ${least} to ${most}, not ${value}`,
      );
    }
  }
}
