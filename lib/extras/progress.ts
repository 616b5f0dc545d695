/**
 * Measured learning progress: a valid proposal earns what the solver learnt of its task,
 *
 * r = solve rate after the solver's update - solve rate before it
 *
 * in [-1, 1], each rate over n rollouts (Oudeyer and others 2007, "Intrinsic motivation
 * systems for autonomous mental development"; Absolute Zero promises tasks that
 * "maximize its own learning progress" and rewards equation 4 instead).
 *
 * So a step has two updates, the solver's and then the proposer's, as with two models:
 * `proposerWeight` has no effect. The solver's batch is the usual one, and the fresh
 * tasks are solved again behind it. Proposals are by then one update old, which the
 * ratio of the objective corrects. With n rollouts each, the difference of two rates of
 * about 1/2 has a standard error of 0.7 / √n: far more than one update teaches.
 */

import type { Baselines } from "../method/advantage/rae.ts";
import {
  type Attempted,
  type PolicyUpdate,
  type SolvedTask,
  wasJudged,
} from "../method/stages.ts";
import { attemptTasks } from "../method/solve.ts";
import { creditSamples, solverSamples } from "../method/credit.ts";
import { registerExtra } from "../method/extras.ts";
import type { Setting } from "../method/setting.ts";
import { updatePolicy } from "../method/update.ts";

/** Trains the solver on the step's tasks, and has it solve the fresh ones again. */
export async function practise(
  setting: Setting,
  proposals: readonly Attempted[],
  solved: readonly SolvedTask[],
  before: Baselines,
  step: number,
) {
  const earned = solverSamples(setting, solved);
  const { samples, baselines } = creditSamples(setting, earned, before);
  const update = await updatePolicy(setting, samples, step);
  const fresh = proposals.flatMap((proposal) =>
    proposal.status === "valid" ? [proposal.task] : []
  );
  const count = setting.config.rolloutsPerTask;
  const again = await attemptTasks(
    setting,
    fresh.map((task) => ({ task, fresh: true, trained: false, count })),
    ["solve again", step],
  );
  const rates = new Map(
    again.filter(wasJudged).map(({ task, solveRate }) => [task.id, solveRate]),
  );
  const rated = proposals.map((proposal) => ({
    ...proposal,
    solveRateAfter: rates.get(proposal.id) ?? null,
  }));
  const withProposer = (proposer: PolicyUpdate): PolicyUpdate => ({
    ...update,
    proposer: proposer.proposer ?? proposer.solver,
    sequences: update.sequences + proposer.sequences,
  });
  return { proposals: rated, samples, baselines, withProposer, again };
}

registerExtra("progress", { practise });
