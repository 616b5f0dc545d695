/** Which of a step's valid tasks enter the buffers. */

import type { Buffers } from "./buffer/buffers.ts";
import type { Task } from "./modes/task.ts";
import type { Setting } from "./setting.ts";
import type { Rewarded } from "./stages.ts";

/** Puts the step's valid tasks into the buffers, by the config's admission rule. */
export function keepTasks(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Rewarded[],
): void {
  const rate = (task: Task) => task.provenance.solveRate ?? 0;
  const admitted = {
    all: () => true,
    "not-always-solved": (task: Task) => rate(task) < 1,
    learnable: (task: Task) => rate(task) > 0 && rate(task) < 1,
  }[config.bufferAdmission];
  for (const proposal of proposals) {
    if (proposal.status !== "valid") continue;
    const { mode, source, task } = proposal;
    if (source !== "chained" && admitted(task)) buffers.of(mode).add([task]);
  }
}
