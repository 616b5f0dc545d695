/**
 * Chained tasks: two programs of the buffers, one after the other.
 *
 * A proposer imitates the length of what it was shown, so self-play by itself
 * never leaves the lengths of pretraining. Chains do, by at most a factor of two
 * as chains are not chained again, and grow with what is proposed. They are
 * validated, solved and learnt from like proposals, earn the proposer nothing and
 * do not enter the buffers. Not in the paper; its composite programs are near.
 */

import type { Buffers } from "./buffer/mod.ts";
import { chainPrograms, type ModeName, type Task } from "./modes/mod.ts";
import { type RandomStream, randomStream } from "../random.ts";
import { emptyProposal } from "./propose.ts";
import type { Proposal, Setting } from "./records.ts";

/** Pairs tried for one chain; most fail by their types. */
const TRIES = 20;

/** Modes whose tasks can be chained. */
const CHAINED: readonly ModeName[] = ["deduction", "abduction"];

/** How many tasks of a mode are chains. */
export function chainsOf({ config }: Setting, mode: ModeName): number {
  return CHAINED.includes(mode) ? config.chainedPerMode : 0;
}

/** This step's chains, numbered after the proposals; fewer where no pair fits. */
export function drawChains(
  setting: Setting,
  buffers: Buffers,
  step: number,
): Proposal[] {
  const { seed, modes, proposalsPerMode } = setting.config;
  const pool = modes.filter((mode) => CHAINED.includes(mode))
    .flatMap((mode) => buffers.of(mode).tasks)
    .filter(({ provenance }) => provenance.source === "proposed");
  if (pool.length === 0) return [];
  return modes.flatMap((mode) => {
    const random = randomStream(seed, "chains", step, mode);
    const count = chainsOf(setting, mode);
    return Array.from({ length: count }, (_, i): Proposal[] => {
      const chain = drawChain(pool, random);
      const number = proposalsPerMode - count + i;
      return chain
        ? [{ ...emptyProposal(mode, number, step, 0), ...chain }]
        : [];
    }).flat();
  });
}

function drawChain(
  pool: readonly Task[],
  random: RandomStream,
): Pick<Proposal, "parts" | "candidate"> | null {
  for (let i = 0; i < TRIES; i++) {
    const first = random.choice(pool);
    const second = random.choice(pool);
    if (
      kindOf(first.examples[0].output) !== kindOf(second.examples[0].argument)
    ) continue;
    const program = chainPrograms(first.program, second.program);
    if (program === null) continue;
    const arguments_ = [first.examples[0].argument];
    return {
      parts: [first, second],
      candidate: { program, arguments: arguments_, message: "" },
    };
  }
  return null;
}

/** What a literal is, by its first character: a list, a text, a number or another. */
function kindOf(literal: string): string {
  const [first] = literal;
  if (first === "[" || first === "{") return first;
  if (first === '"' || first === "'") return "text";
  return /[\d-]/.test(first ?? "") ? "number" : literal;
}
