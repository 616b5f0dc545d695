/**
 * Token weights: how a batch of sequences becomes one loss.
 *
 * The engine sums weight × loss over response tokens; every mean is made here.
 * Each group (role × mode) is averaged apart and the groups are then mixed, so
 * that a role with long responses does not drown the others. The official code
 * gets equal groups by an accident of micro-batching; here it is explicit.
 * Policy-gradient objectives themselves (PPO clip and so on) live in the engine.
 */

import type { Role } from "../advantage/mod.ts";
import type { ModeName } from "../modes/mod.ts";

/**
 * `token-mean`: every token of a group counts the same (official; default).
 * `sequence-mean`: every sequence of a group counts the same, whatever its length.
 */
export type Aggregation = "token-mean" | "sequence-mean";

/** What the weights depend on. */
export interface WeightedSequence {
  role: Role;
  mode: ModeName;
  tokenCount: number;
}

/**
 * The weight of each token of each sequence (one number per sequence, since it
 * is the same for all its tokens). All weights × tokens sum to 1.
 *
 * @param proposerWeight share of a proposer group relative to a solver group's 1.
 */
export function tokenWeights(
  sequences: readonly WeightedSequence[],
  aggregation: Aggregation,
  proposerWeight: number,
): number[] {
  const sizes = new Map<string, number>();
  const keyOf = ({ role, mode }: WeightedSequence) => `${role}/${mode}`;
  const sizeOf = ({ tokenCount }: WeightedSequence) =>
    aggregation === "token-mean" ? tokenCount : Math.min(tokenCount, 1);
  for (const sequence of sequences) {
    const key = keyOf(sequence);
    sizes.set(key, (sizes.get(key) ?? 0) + sizeOf(sequence));
  }
  const groupWeight = (key: string) =>
    key.startsWith("propose/") ? proposerWeight : 1;
  let total = 0;
  for (const [key, size] of sizes) if (size > 0) total += groupWeight(key);
  if (total === 0) return sequences.map(() => 0);
  return sequences.map((sequence) => {
    if (sequence.tokenCount === 0) return 0;
    const key = keyOf(sequence);
    const share = groupWeight(key) / total / sizes.get(key)!;
    return aggregation === "token-mean" ? share : share / sequence.tokenCount;
  });
}
