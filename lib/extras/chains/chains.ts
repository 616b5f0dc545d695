/**
 * Chained tasks: two programs of the buffers, one after the other.
 *
 * A proposer imitates the length of the programs that it was shown, so that self-play by
 * itself never leaves the lengths of pretraining. Chains do. A chain is at most twice as
 * long as a proposal, since chains are not chained again, and chains grow with the
 * proposals. They are validated, solved and learnt from like proposals, earn the proposer
 * nothing and do not enter the buffers. The paper has no chains; its composite programs
 * are the nearest to them.
 */

import type { Buffers } from "../../method/buffer/buffers.ts";
import type { Draft } from "../../method/stages.ts";
import { draftPlace, type TaskRequest } from "../../method/draft.ts";
import { registerExtra } from "../../method/extras.ts";
import type { SelfPlayConfig } from "../../method/config.ts";
import type { Candidate } from "../../method/modes/mode.ts";
import type { ModeName, Task } from "../../method/modes/task.ts";
import { type RandomStream, randomStream } from "../../random.ts";
import { chainPrograms } from "./chain.ts";

/** Number of pairs tried for one chain; most pairs fail by their types. */
const TRIES = 20;

/** Modes whose tasks can be chained. */
const CHAINED: readonly ModeName[] = ["deduction", "abduction"];

/** Returns how many tasks of a mode are chains in each step. */
function chainsOf(config: SelfPlayConfig, mode: ModeName): number {
  return CHAINED.includes(mode) ? config.chainedPerMode : 0;
}

/** Draws a step's chains, numbered after the proposals; fewer where no pair fits. */
function drawChains(
  config: SelfPlayConfig,
  buffers: Buffers,
  request: TaskRequest,
): Draft[] {
  const { seed, modes, proposalsPerMode } = config;
  const pool = modes.filter((mode) => CHAINED.includes(mode))
    .flatMap((mode) => buffers.of(mode).tasks)
    .filter(({ provenance }) => provenance.source === "proposed");
  if (pool.length === 0) return [];
  return modes.flatMap((mode) => {
    const random = randomStream(seed, "chains", request.step, mode);
    const count = chainsOf(config, mode);
    return Array.from({ length: count }, (_, i): Draft[] => {
      const chain = drawChain(pool, random);
      if (!chain) return [];
      const place = draftPlace(mode, proposalsPerMode - count + i, request);
      return [{
        ...place,
        ...chain,
        source: "chained",
        references: [],
        response: null,
      }];
    }).flat();
  });
}

/** Joins two tasks of the pool; null where no pair fits within the tries. */
function drawChain(
  pool: readonly Task[],
  random: RandomStream,
): { parts: Task[]; given: Candidate } | null {
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
      given: { program, arguments: arguments_, message: "" },
    };
  }
  return null;
}

/** Returns the kind of a literal by its first character: a list, a text, a number, or the literal itself. */
function kindOf(literal: string): string {
  const [first] = literal;
  if (first === "[" || first === "{") return first;
  if (first === '"' || first === "'") return "text";
  return /[\d-]/.test(first ?? "") ? "number" : literal;
}

registerExtra("chains", { countOf: chainsOf, draw: drawChains });
