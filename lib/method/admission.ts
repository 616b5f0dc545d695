/** Which of a step's valid tasks enter the buffers. */

import type { Buffers } from "./buffer/buffers.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Task } from "./modes/task.ts";
import type { Setting } from "./setting.ts";
import type { Rewarded } from "./stages.ts";

/** Puts a step's valid tasks into the buffers. */
export function keepTasks(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Rewarded[],
): void {
  for (const proposal of proposals) {
    if (proposal.status !== "valid") continue;
    const { mode, source, task } = proposal;
    if (source !== "chained" && admits(config, task)) {
      buffers.of(mode).add([task]);
    }
  }
}

/** Tells whether a valid task may enter its buffer, by the config's admission rule. */
export function admits(
  { bufferAdmission }: SelfPlayConfig,
  { provenance }: Task,
): boolean {
  const rate = provenance.solveRate ?? 0;
  if (bufferAdmission === "all") return true;
  return rate < 1 && (bufferAdmission === "not-always-solved" || rate > 0);
}
