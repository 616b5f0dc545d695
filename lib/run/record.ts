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
import { checkEngine } from "../method/engine_limits.ts";
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
  checkEngine(config, options.engine);
  if (options.proposerEngine) checkEngine(config, options.proposerEngine);
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
    // What was given up is played again when the run is resumed.
    if (!isAbort(error) || !options.stop?.aborted) throw error;
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
  const events = selfPlay({
    ...options,
    engine: timedEngine(options.engine, "model", watch),
    proposerEngine: options.proposerEngine &&
      timedEngine(options.proposerEngine, "proposer", watch),
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
  for await (const event of events) {
    watch.mark(event.type);
    writeEvent(logs, event);
    if (event.type === "stepFinished") {
      if (await saveIfDue(options, logs, event.step, event.state)) {
        outcome.step = event.step;
        delete outcome.seedingRounds;
      }
      watch.mark("saved");
      logs["timings.jsonl"].writeRows([watch.take(event.step)]);
    }
    onEvent?.(event);
    if (event.type !== "stepFinished") continue;
    outcome.finished = event.step >= config.steps;
    if (!stop?.aborted) continue;
    // Whoever heard of the step may have stopped the run: it is saved all the same.
    if (outcome.step < event.step) {
      await saveIfDue(options, logs, event.step, event.state);
      outcome.step = event.step;
    }
    break;
  }
  outcome.finished ||= (begun?.selfPlay?.step ?? -1) >= config.steps;
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
  const logBytes: Record<string, number> = {};
  for (const [name, log] of Object.entries(logs)) {
    log.sync();
    logBytes[name] = log.bytes;
  }
  return logBytes;
}

/** The batch of an update that was not finite, for study. */
function keepFailedBatch(folder: string, error: UpdateFailed): void {
  const path = join(folder, `failed_update_step_${error.step}.json`);
  const { message, step, sequences } = error;
  writeAtomically(path, JSON.stringify({ step, message, sequences }));
}
