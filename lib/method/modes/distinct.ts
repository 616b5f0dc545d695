/**
 * Checking equal answers once. Most of eight attempts at an easy task give the same
 * answer, and execution is deterministic, so each distinct answer runs once.
 */

import type { Attempt, ModeVerdict } from "./mode.ts";

/** Calls `verify` on the first of equal attempts, and returns the verdicts on all in order. */
export async function verifyDistinct(
  attempts: readonly Attempt[],
  verify: (distinct: Attempt[]) => Promise<ModeVerdict[]>,
): Promise<ModeVerdict[]> {
  const distinct = new Map<string, Attempt>();
  const keys = attempts.map((attempt) => {
    const { task, answer } = attempt;
    const key = JSON.stringify([task.program, task.id, answer]);
    if (!distinct.has(key)) distinct.set(key, attempt);
    return key;
  });
  const verdicts = await verify([...distinct.values()]);
  const places = new Map([...distinct.keys()].map((key, i) => [key, i]));
  return keys.map((key) => verdicts[places.get(key)!]);
}
