/**
 * Penalties on proposals that repeat each other or the past.
 *
 * r' = max(0, r - λ · share of the step's tasks alike - μ · share of the buffer's alike)
 *
 * The first is the repetition penalty of R-Zero (arXiv 2508.05004), the size of a
 * proposal's cluster in its batch; the second a memory, as in R-Diverse (arXiv
 * 2602.13103). There texts are compared; here syntax trees are, by the pairs of a node
 * and its child (pq-grams, Augsten and others 2005): a tree edit distance takes 1,000
 * times as long. Two programs are alike where they share more than `LIKENESS` of their
 * pairs. Each mode is for itself. Modes that write no program have no penalty.
 */

import type { Buffers } from "../method/buffer/buffers.ts";
import { registerExtra } from "../method/extras.ts";
import { modeOf } from "../method/modes/registry.ts";
import type { Task } from "../method/modes/task.ts";
import type { Setting } from "../method/setting.ts";
import type { Rewarded } from "../method/stages.ts";
import type { Program } from "../sandbox/mod.ts";
import { parseSyntax, type SyntaxNode } from "./complexity/syntax.ts";

/** Above this share of common pairs programs are alike: `x+1` and `x*2` are (0.78), `x+1` and `x` are not (0.67). */
const LIKENESS = 0.75;

type Pairs = ReadonlyMap<string, number>;

/** The pairs of programs that were read before; a task keeps its program object. */
const read = new WeakMap<Program, Pairs>();

/** Counts the pairs of a node and its child in a program's tree. */
function pairsOf(program: Program): Pairs {
  const known = read.get(program);
  if (known) return known;
  const counts = new Map<string, number>();
  const nameOf = ({ name, text }: SyntaxNode) => `${name} ${text}`;
  const count = (node: SyntaxNode) => {
    for (const child of node.children) {
      const pair = `${nameOf(node)} > ${nameOf(child)}`;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
      count(child);
    }
  };
  count(parseSyntax(program));
  read.set(program, counts);
  return counts;
}

/** Returns the share of their pairs that two programs have in common, from 0 to 1. */
export function likeness(a: Program, b: Program): number {
  const [first, second] = [pairsOf(a), pairsOf(b)];
  const size = (pairs: Pairs) => [...pairs.values()].reduce((x, y) => x + y, 0);
  let common = 0;
  for (const [pair, count] of first) {
    common += Math.min(count, second.get(pair) ?? 0);
  }
  return 2 * common / Math.max(1, size(first) + size(second));
}

function shareAlike({ program }: Task, others: readonly Task[]): number {
  const alike = others.filter((other) =>
    likeness(program, other.program) > LIKENESS
  );
  return alike.length / Math.max(1, others.length);
}

/** Lowers the positive rewards of tasks by how many are like them. */
function penalise(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Rewarded[],
): Rewarded[] {
  const { clusterPenalty, memoryPenalty } = config;
  return proposals.map((proposal) => {
    const { mode, status, task, reward } = proposal;
    if (status !== "valid" || reward === null || reward <= 0) return proposal;
    if (!modeOf(mode).writesProgram) return proposal;
    const batch = proposals.flatMap((other) =>
      other.mode === mode && other.status === "valid" ? other.task : []
    );
    const cluster = clusterPenalty && shareAlike(task, batch);
    const memory = memoryPenalty && shareAlike(task, buffers.of(mode).tasks);
    const lost = clusterPenalty * cluster + memoryPenalty * memory;
    return { ...proposal, reward: Math.max(0, reward - lost) };
  });
}

registerExtra("repetition", { penalise });
