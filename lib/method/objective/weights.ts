/**
 * Token weights: how a batch of sequences becomes one loss.
 *
 * The engine sums weight × loss over response tokens; every mean is made here.
 * Each group (role × mode) is averaged apart and the groups are then mixed, so
 * that a role with long responses does not drown the others. The official code
 * gets equal groups by an accident of micro-batching; here it is explicit.
 * The losses themselves are in `loss.ts`.
 */

import type { Role } from "../advantage/sample.ts";
import type { ModeName } from "../modes/task.ts";

/**
 * `token-mean`: every token of a group counts the same (official; default).
 * `sequence-mean`: every sequence of a group counts the same, whatever its length.
 * `fixed-length`: every token of a group counts 1 / (sequences × longest response),
 * so that a long wrong answer is not let off lightly (Dr. GRPO's half of the loss;
 * Liu et al. 2025, arXiv 2503.20783). Only these weights × tokens sum to less than 1.
 */
type Aggregation = "token-mean" | "sequence-mean" | "fixed-length";

/** The part of a sample that its weight depends on. */
export interface WeightedSequence {
  role: Role;
  mode: ModeName;
  /** Tokens of the response; 0 leaves the response out. */
  tokenCount: number;
}

/**
 * Returns the weight of each token of each sequence (one number per sequence, since
 * it is the same for all its tokens). All weights × tokens sum to 1, or to less for
 * `fixed-length`.
 *
 * @param proposerWeight share of a proposer group relative to a solver group's 1.
 * @param longest most tokens that a response of a role may have (`fixed-length`).
 */
export function tokenWeights(
  sequences: readonly WeightedSequence[],
  aggregation: Aggregation,
  proposerWeight: number,
  longest: Record<Role, number> = { propose: 1, solve: 1 },
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
    if (aggregation === "token-mean") return share;
    const tokens = aggregation === "sequence-mean"
      ? sequence.tokenCount
      : longest[sequence.role];
    return share / tokens;
  });
}
