/** Drawing the programs that a composite proposal has to build on. */

import type { SelfPlayConfig } from "../../method/config.ts";
import type { Task } from "../../method/modes/task.ts";
import type { RandomStream } from "../../random.ts";
import { partDefinition } from "./composite.ts";

/**
 * Draws tasks whose programs a proposal has to build on. Mostly there are none.
 * Composite programs are never parts, and a program that cannot be a part is left
 * out after the draw.
 */
export function compositeParts(
  config: SelfPlayConfig,
  tasks: readonly Task[],
  step: number,
  stream: RandomStream,
): Task[] {
  if (config.compositeChance === 0) return [];
  const { chance, maximum } = compositeAt(config, step);
  if (stream.next() >= chance) return [];
  const simple = tasks.filter(({ provenance }) => !provenance.composedOf);
  return stream.sample(simple, stream.integer(1, maximum))
    .filter(({ program }) => partDefinition(program, 0).ok);
}

/** Returns how often a proposal is composite at a step, and from how many programs at most. */
export function compositeAt(
  { compositeChance, compositeMaximum, compositeSchedule }: SelfPlayConfig,
  step: number,
): { chance: number; maximum: number } {
  if (compositeSchedule === "constant") {
    return { chance: compositeChance, maximum: compositeMaximum };
  }
  if (compositeChance === 0 || step < 101) return { chance: 0, maximum: 1 };
  const rises = Math.floor((step - 101) / 50);
  const risen = Math.min(0.8, compositeChance + 0.01 * rises);
  return {
    chance: Math.max(compositeChance, risen),
    maximum: Math.min(compositeMaximum, 1 + rises),
  };
}
