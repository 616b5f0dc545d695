/**
 * The matrix "solver of step t on tasks of step s": does a later solver solve what
 * an earlier one set, and do later proposers set what is harder?
 *
 * A single curve of solve rates cannot tell a better solver from easier tasks, since
 * both move at once. Here each kept checkpoint solves the tasks of every stretch
 * between two checkpoints: down a column the tasks are the same, along a row the
 * solver is. Proposer and solver have different roles, so that one rating for both,
 * as of players in a symmetric game, would mean nothing.
 */

import { join } from "node:path";
import { solveAndGrade } from "../method/grade.ts";
import type { SelfPlayState } from "../method/loop.ts";
import type { Task } from "../method/modes/task.ts";
import type { Setting } from "../method/setting.ts";
import { derivedSeed, randomStream } from "../random.ts";
import { checkpointFolder, checkpointSteps } from "../run/checkpoint.ts";

/** Solve rates of checkpoints on each other's tasks. */
interface SolverMatrix {
  /** The steps of the kept checkpoints, in order: the solvers, from the first row on. */
  steps: number[];
  /** The tasks of each column: those proposed after the checkpoint before, up to this one. */
  tasks: Task[][];
  /** `rates[t][s]`: share of rollouts of solver t that solve the tasks s; NaN where there are none. */
  rates: number[][];
}

/**
 * Measures the matrix of a run with the checkpoints that it kept (`keepCheckpoints`
 * 0 keeps all), on up to `perColumn` tasks a column, `samples` rollouts each. All
 * solvers sample with equal seeds. The setting's engine ends as the last checkpoint.
 * Throws `RangeError` where fewer than two checkpoints are left.
 */
export async function solverMatrix(
  runFolder: string,
  setting: Setting,
  { perColumn, samples }: { perColumn: number; samples: number },
): Promise<SolverMatrix> {
  const steps = checkpointSteps(runFolder).filter((step) => step > 0);
  if (steps.length < 2) {
    throw new RangeError(
      `${runFolder} has ${steps.length} checkpoints of self-play, two are needed: ` +
        'play it with "keepCheckpoints" 0 and a smaller "checkpointEvery"',
    );
  }
  const tasks = tasksByStretch(runFolder, steps, setting, perColumn);
  const rates: number[][] = [];
  for (const step of steps) {
    await setting.engine.load(
      join(checkpointFolder(runFolder, step), "engine"),
    );
    const row: number[] = [];
    for (const column of tasks) {
      row.push(await solveRateOn(setting, column, samples));
    }
    rates.push(row);
  }
  return { steps, tasks, rates };
}

/** Draws the tasks of each stretch from the buffers of the last checkpoint. */
function tasksByStretch(
  runFolder: string,
  steps: readonly number[],
  { config }: Setting,
  count: number,
): Task[][] {
  const last = checkpointFolder(runFolder, steps.at(-1)!);
  const text = Deno.readTextFileSync(join(last, "state.json"));
  const { buffers }: SelfPlayState = JSON.parse(text).selfPlay;
  const proposed = config.modes.flatMap((mode) => buffers.tasks[mode] ?? [])
    .filter(({ provenance }) => provenance.step > 0);
  return steps.map((end, i) => {
    const start = steps[i - 1] ?? 0;
    const stream = randomStream(config.seed, "solver matrix", end);
    const own = proposed.filter(({ provenance: { step } }) =>
      step > start && step <= end
    );
    return stream.sample(own, count);
  });
}

/** Returns the share of rollouts that solve their task. */
async function solveRateOn(
  setting: Setting,
  tasks: readonly Task[],
  samples: number,
): Promise<number> {
  const { config } = setting;
  const rollouts = await solveAndGrade(
    setting,
    tasks.map((task) => ({
      question: { task },
      count: samples,
      seed: derivedSeed(config.seed, "solver matrix", task.id),
    })),
    { ...config, maxNewTokens: config.maxSolutionTokens, judging: config },
  );
  const judged = rollouts.flat().filter(({ grade }) => grade !== "unjudged");
  return judged.filter(({ solves }) => solves).length / judged.length;
}
