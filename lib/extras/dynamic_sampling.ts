/**
 * Dynamic sampling (DAPO, arXiv 2503.14476, section 3.2): a task that all of its
 * rollouts solve, or none, leaves the solver's batch, and another takes its place until
 * the batch is full or the rounds are used up.
 *
 * What counts is the raw accuracy, the solve rate, not the reward: malformed and wrong
 * rollouts of a task that none solves differ in reward, and would teach form alone.
 * The replacements come from the buffer. What left the batch stays in the record.
 */

import type { Buffers } from "../method/buffer/buffers.ts";
import { attemptTasks } from "../method/solve.ts";
import { registerExtra } from "../method/extras.ts";
import type { Setting } from "../method/setting.ts";
import { type SolvedTask, wasJudged } from "../method/stages.ts";
import type { ModeName } from "../method/modes/task.ts";
import { randomStream } from "../random.ts";

/** Replaces tasks of the batch that were solved always or never, in at most `dynamicSampling` rounds. */
async function refill(
  setting: Setting,
  buffers: Buffers,
  batch: readonly SolvedTask[],
  step: number,
): Promise<SolvedTask[]> {
  const { modes, dynamicSampling, rolloutsPerTask, seed } = setting.config;
  let solved = batch.map(leftOut);
  for (let round = 1; round <= dynamicSampling; round++) {
    const tasks = modes.flatMap((mode) => {
      const missing = trainedIn(batch, mode) - trainedIn(solved, mode);
      const tried = new Set(solved.map(({ task }) => task.id));
      const others = buffers.of(mode).tasks.filter(({ id }) => !tried.has(id));
      const stream = randomStream(seed, "refill", step, round, mode);
      return stream.sample(others, missing);
    });
    if (tasks.length === 0) break;
    const plan = { fresh: false, trained: true, count: rolloutsPerTask };
    const more = await attemptTasks(
      setting,
      tasks.map((task) => ({ ...plan, task })),
      ["refill", step, round],
    );
    solved = [...solved, ...more.map(leftOut)];
  }
  return solved;
}

/** Returns the task as it is, or left out of training where its rollouts agree. */
function leftOut(solved: SolvedTask): SolvedTask {
  const { solveRate, trained } = solved;
  const differs = wasJudged(solved) && solveRate > 0 && solveRate < 1;
  return { ...solved, trained: trained && differs };
}

function trainedIn(solved: readonly SolvedTask[], mode: ModeName): number {
  return solved.filter(({ task, trained }) => trained && task.mode === mode)
    .length;
}

registerExtra("dynamicSampling", { refill });
