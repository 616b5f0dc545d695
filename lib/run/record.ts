/**
 * A run on disk: drains self-play into a folder, and takes it up again.
 *
 * | file | one row or section per |
 * |---|---|
 * | `config.json`, `manifest.json` | run |
 * | `metrics.jsonl` | step; equal seeds give equal bytes |
 * | `timings.jsonl` | step; seconds, which differ from run to run |
 * | `tasks.jsonl` | proposal, with verdict, solve rate, reward and advantage |
 * | `rollouts.jsonl` | solver response, with grade, reward and advantage |
 * | `eval.jsonl` | evaluated task |
 * | `samples.md` | step, to be read by a person |
 * | `checkpoints/` | every `checkpointEvery` steps |
 * | `seeding.json` | the seeding as far as it has come, until its end |
 *
 * Resuming is exact after a kill or a loss of power at any moment: the newest whole
 * checkpoint is loaded and every log is cut to the length it had then.
 */

import { join } from "node:path";
// Registers the extras, which a config may name.
import "../extras/mod.ts";
import { checkConfig } from "../method/config.ts";
import { checkModels } from "../method/engine_limits.ts";
import {
  selfPlay,
  type SelfPlayEvent,
  type SelfPlayState,
} from "../method/loop.ts";
import { UpdateFailed } from "../method/update.ts";
import { syncFolder } from "../model/mod.ts";
import { tidyCheckpoints, writeCheckpoint } from "./checkpoint.ts";
import { writeAtomically } from "./json_file.ts";
import { lockRun } from "./lock.ts";
import { LogFile } from "./log_file.ts";
import { rolloutRows, taskRow } from "./rows.ts";
import type { RecordOptions } from "./record_options.ts";
import { type BegunRun, claimFolder, prepareFolder } from "./run_folder.ts";
import { sampleSection } from "./samples.ts";
import { removeSeeding, writeSeeding } from "./seeding_file.ts";
import { Stopwatch, timedEngine, timedExecutor } from "./stopwatch.ts";
import { Watch } from "./watch.ts";

/** The logs of a run folder. */
export const LOG_NAMES = [
  "metrics.jsonl",
  "timings.jsonl",
  "tasks.jsonl",
  "rollouts.jsonl",
  "eval.jsonl",
  "samples.md",
] as const;

type Logs = Record<typeof LOG_NAMES[number], LogFile>;

/** The end of a run. */
export interface RunOutcome {
  /** Last step done and, unless the run is finished, saved. */
  step: number;
  /** Rounds of seeding that are saved, where the run was stopped in its seeding. */
  seedingRounds?: number;
  /** Whether that is the config's last step. */
  finished: boolean;
}

/**
 * Plays a run and records it, until its last step or until it is told to stop. Throws
 * `RangeError`, naming the field, where config or engine make no sense, and `Error`
 * where the folder holds another run.
 */
export async function recordRun(options: RecordOptions): Promise<RunOutcome> {
  const { folder, config } = options;
  // The checks come before the folder is made: a run with the corrected config can then
  // use the same name.
  checkConfig(config);
  checkModels(config, options.engine, options.proposerEngine);
  const say = options.onNote ?? console.error;
  claimFolder(options);
  using _lock = lockRun(folder, say);
  const begun = await prepareFolder(options, say);
  const logs = openLogs(folder, begun?.logBytes ?? {});
  const outcome: RunOutcome = {
    step: begun?.selfPlay?.step ?? 0,
    finished: false,
    ...(!begun?.selfPlay && { seedingRounds: begun?.seeding?.rounds ?? 0 }),
  };
  try {
    await drain(options, begun, logs, outcome);
  } catch (error) {
    if (error instanceof UpdateFailed) keepFailedBatch(folder, error);
    throw error;
  } finally {
    for (const log of Object.values(logs)) log.close();
  }
  return outcome;
}

/** Writes the events of self-play, and keeps `outcome` at what is saved. */
async function drain(
  options: RecordOptions,
  begun: BegunRun | null,
  logs: Logs,
  outcome: RunOutcome,
): Promise<void> {
  const { folder, config, stop, onEvent, onSeedingRound } = options;
  const watch = new Stopwatch();
  const over = new Watch(options);
  const { proposerEngine, evaluate } = options;
  const events = selfPlay({
    ...options,
    engine: over.over(timedEngine(options.engine, "model", watch)),
    proposerEngine: proposerEngine &&
      over.over(timedEngine(proposerEngine, "proposer", watch)),
    evaluate: evaluate && over.overEvaluation(evaluate),
    executor: timedExecutor(options.executor, watch),
    state: begun?.selfPlay,
    seeding: {
      saved: begun?.seeding,
      stop,
      onRound: (round) => {
        logs["tasks.jsonl"].writeRows(
          round.proposals.map((one) => taskRow(one)),
        );
        writeSeeding(folder, {
          seeding: round.saved(),
          logBytes: synced(logs),
        });
        outcome.seedingRounds = round.round;
        onSeedingRound?.(round);
      },
    },
  });
  let owed = begun?.selfPlay?.evaluationOwed ?? false;
  let last: WholeStep | null = null;
  try {
    for await (const event of events) {
      if (event.type === "stepFinished") over.stepFinished();
      watch.mark(event.type);
      writeEvent(logs, event);
      if (event.type === "stepFinished") {
        if (await saveIfDue(options, logs, event.step, event.state)) {
          savedAt(outcome, event.step);
        }
        watch.mark("saved");
        logs["timings.jsonl"].writeRows([watch.take(event.step)]);
        last = { step: event.step, state: event.state, bytes: lengths(logs) };
      }
      onEvent?.(event);
      if (event.type === "evaluated") owed = false;
      if (event.type !== "stepFinished") continue;
      outcome.finished = event.step >= config.steps;
      if (!stop?.aborted) continue;
      outcome.finished &&= !event.state().evaluationOwed;
      break;
    }
  } catch (error) {
    if (!isAbort(error) || !stop?.aborted) throw error;
    // What the step under way has written belongs to no whole step.
    for (const name of last ? LOG_NAMES : []) logs[name].cut(last!.bytes[name]);
  }
  // Whoever heard of a step may have stopped the run: it is saved all the same.
  if (stop?.aborted && last !== null && outcome.step < last.step) {
    try {
      await saveIfDue(options, logs, last.step, last.state);
      savedAt(outcome, last.step);
    } catch (error) {
      // A server that is gone saves nothing: its run goes on from the last checkpoint.
      if (!isAbort(error)) throw error;
    }
  }
  const begunAt = begun?.selfPlay?.step ?? -1;
  outcome.finished ||= begunAt >= config.steps && !owed;
}

/** The last whole step, and the lengths of the logs after it. */
interface WholeStep {
  step: number;
  state: () => SelfPlayState;
  bytes: Record<string, number>;
}

function savedAt(outcome: RunOutcome, step: number): void {
  outcome.step = step;
  delete outcome.seedingRounds;
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function openLogs(folder: string, bytes: Record<string, number>): Logs {
  const logs = {} as Logs;
  for (const name of LOG_NAMES) {
    logs[name] = LogFile.open(join(folder, name), bytes[name] ?? 0);
  }
  syncFolder(folder);
  return logs;
}

function writeEvent(logs: Logs, event: SelfPlayEvent): void {
  switch (event.type) {
    case "advantages": {
      const { step, proposals, solved, samples } = event;
      const sampleOf = new Map(
        samples.map((sample) => [sample.response, sample]),
      );
      logs["tasks.jsonl"].writeRows(
        proposals.map((proposal) => taskRow(proposal, sampleOf)),
      );
      logs["rollouts.jsonl"].writeRows(
        solved.flatMap((task) => rolloutRows(step, task, sampleOf)),
      );
      logs["samples.md"].write(sampleSection(step, proposals, solved));
      break;
    }
    case "evaluated":
      logs["eval.jsonl"].writeRows(
        event.rows.map((row) => ({ step: event.step, ...row })),
      );
      break;
    case "stepFinished":
      logs["metrics.jsonl"].writeRows([event.metrics]);
      break;
  }
}

/** Saves where the config or the end of the run asks for it; returns whether it did. */
async function saveIfDue(
  options: RecordOptions,
  logs: Logs,
  step: number,
  state: () => SelfPlayState,
): Promise<boolean> {
  const { folder, config, stop } = options;
  const due = step === 0 || step === config.steps ||
    step % config.checkpointEvery === 0 || stop?.aborted;
  if (!due) return false;
  const logBytes = synced(logs);
  await writeCheckpoint(folder, options, { selfPlay: state(), logBytes });
  removeSeeding(folder);
  tidyCheckpoints(folder, config.keepCheckpoints);
  return true;
}

/** Brings the logs to the disk; returns their lengths. */
function synced(logs: Logs): Record<string, number> {
  for (const log of Object.values(logs)) log.sync();
  return lengths(logs);
}

function lengths(logs: Logs): Record<string, number> {
  return Object.fromEntries(
    Object.entries(logs).map(([name, log]) => [name, log.bytes]),
  );
}

/** The batch of an update that was not finite, for study. */
function keepFailedBatch(folder: string, error: UpdateFailed): void {
  const path = join(folder, `failed_update_step_${error.step}.json`);
  const { message, step, sequences } = error;
  writeAtomically(path, JSON.stringify({ step, message, sequences }));
}
