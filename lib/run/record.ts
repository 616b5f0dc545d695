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
 *
 * Resuming is exact after a kill at any moment: the newest whole checkpoint is
 * loaded and every log is cut to the length it had then.
 */

import { join } from "node:path";
import { type EngineConfig, movableFields } from "../engines/mod.ts";
import {
  checkConfig,
  checkEngine,
  PAPER_CONFIG,
  selfPlay,
  type SelfPlayConfig,
  type SelfPlayEvent,
  type SelfPlayOptions,
  type SelfPlayState,
  UpdateFailed,
} from "../method/mod.ts";
import {
  checkpointSteps,
  readCheckpoint,
  tidyCheckpoints,
  UNFINISHED,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";
import { LogFile } from "./log_file.ts";
import { configHash, type Manifest, newManifest } from "./manifest.ts";
import { rolloutRows, taskRow } from "./rows.ts";
import { sampleSection } from "./samples.ts";
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

export interface RecordOptions extends Omit<SelfPlayOptions, "state"> {
  /** The run's folder; must not hold a run unless `resume` is set. */
  folder: string;
  /** Go on from the newest checkpoint; from the beginning if there is none. */
  resume?: boolean;
  /** How the engine was chosen; noted, and compared when the run is resumed. */
  engineConfig?: EngineConfig;
  /** What to note in the manifest: preset, base model and its hash. */
  experiment?: Record<string, unknown>;
  /** When aborted, the current step is finished and saved, and the run stops. */
  stop?: AbortSignal;
  /** Called after each event has been written. */
  onEvent?: (event: SelfPlayEvent) => void;
}

/** How a run ended. */
export interface RunOutcome {
  /** Last step done. */
  step: number;
  /** Whether that is the config's last step. */
  finished: boolean;
}

/** Plays and records until the last step, or until told to stop. */
export async function recordRun(options: RecordOptions): Promise<RunOutcome> {
  const { folder, config, onEvent, stop } = options;
  // Before there is a folder, so that a corrected config finds none in its way.
  checkConfig(config);
  checkEngine(config, options.engine);
  if (options.proposerEngine) checkEngine(config, options.proposerEngine);
  const state = await prepareFolder(options);
  const logs = openLogs(folder, state?.logBytes ?? {});
  const watch = new Stopwatch();
  let lastStep = state?.selfPlay.step ?? 0;
  try {
    const events = selfPlay({
      ...options,
      engine: timedEngine(options.engine, "model", watch),
      proposerEngine: options.proposerEngine &&
        timedEngine(options.proposerEngine, "proposer", watch),
      executor: timedExecutor(options.executor, watch),
      state: state?.selfPlay,
    });
    for await (const event of events) {
      watch.mark(event.type);
      writeEvent(logs, event);
      if (event.type === "stepFinished") {
        lastStep = event.step;
        await saveIfDue(options, logs, event.step, event.state);
        watch.mark("saved");
        logs["timings.jsonl"].writeRows([watch.take(event.step)]);
      }
      onEvent?.(event);
      if (event.type === "stepFinished" && stop?.aborted) break;
    }
  } catch (error) {
    if (error instanceof UpdateFailed) keepFailedBatch(folder, error);
    throw error;
  } finally {
    for (const log of Object.values(logs)) log.close();
  }
  return { step: lastStep, finished: lastStep >= config.steps };
}

/** Creates the folder, or restores the state of the newest checkpoint in it. */
async function prepareFolder(options: RecordOptions) {
  const { folder, config, resume } = options;
  const configPath = join(folder, "config.json");
  const known = readConfigIfPresent(configPath);
  if (known && !resume) {
    throw new Error(
      `${folder} holds a run already: resume it, or choose another folder`,
    );
  }
  if (!known) {
    refuseForeignFolder(folder);
    Deno.mkdirSync(join(folder, "checkpoints"), { recursive: true });
    const manifest = newManifest(options, options.experiment ?? {});
    writeManifest(folder, manifest);
  } else {
    refuseOtherConfig(folder, known, config);
    refuseOtherEngine(folder, readManifestFile(folder), options);
  }
  writeAtomically(configPath, JSON.stringify(config, null, 2) + "\n");
  tidyCheckpoints(folder, config.keepCheckpoints);
  const newest = checkpointSteps(folder).at(-1);
  if (newest === undefined) return null;
  const state = await readCheckpoint(folder, newest, options);
  noteResumed(folder, newest, options.engineConfig?.address);
  return state;
}

/** The settings of the run in a folder. */
export function readRunConfig(folder: string): SelfPlayConfig {
  const config = readConfigIfPresent(join(folder, "config.json"));
  if (!config) {
    throw new Error(`${folder} holds no run: there is no config.json in it`);
  }
  return config;
}

/** A setting that a config of an earlier version lacks has the paper's value. */
function readConfigIfPresent(path: string): SelfPlayConfig | null {
  try {
    return { ...PAPER_CONFIG, ...JSON.parse(Deno.readTextFileSync(path)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new Error(`${path} cannot be read: ${error}`);
  }
}

/** A run's folder is its own: nothing in it may be overwritten by surprise. */
function refuseForeignFolder(folder: string): void {
  let names: string[] = [];
  try {
    names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  // What a run leaves that was killed before it had written its config.
  const own = ["checkpoints", "manifest.json"];
  const foreign = names.filter((name) =>
    !own.includes(name) && !name.includes(UNFINISHED)
  );
  if (foreign.length > 0) {
    throw new Error(
      `${folder} is not empty (${
        foreign[0]
      }): choose another folder for the run`,
    );
  }
}

/** Resuming may add steps and change nothing else. */
function refuseOtherConfig(
  folder: string,
  known: SelfPlayConfig,
  config: SelfPlayConfig,
): void {
  if (
    known.steps !== config.steps && config.learningRateSchedule === "linear"
  ) {
    throw new Error(
      `${folder} was begun with "steps" ${known.steps}, and a "learningRateSchedule" ` +
        `"linear" that falls over exactly those: with ${config.steps}, the steps already ` +
        `taken would have had other rates. Resume with ${known.steps} steps, or begin a ` +
        'new run; with the schedule "constant", steps can be added',
    );
  }
  if (configHash(known) === configHash(config)) return;
  const fields = Object.keys({
    ...known,
    ...config,
  }) as (keyof SelfPlayConfig)[];
  const changed = fields.filter((field) =>
    field !== "steps" &&
    JSON.stringify(known[field]) !== JSON.stringify(config[field])
  );
  throw new Error(
    `${folder} was begun with other settings (${changed.join(", ")}): ` +
      "resume with those of its config.json, or choose another folder",
  );
}

/**
 * What was trained on one engine cannot be gone on with on another. Only what may
 * have moved can change: a server, checkpoints and all, or a model's folder.
 */
function refuseOtherEngine(
  folder: string,
  { engine, engineConfig }: Manifest,
  options: RecordOptions,
): void {
  const before: Record<string, unknown> = { ...engineConfig };
  const now: Record<string, unknown> = { ...options.engineConfig };
  const fields = engineConfig && options.engineConfig
    ? (Object.keys(now) as (keyof EngineConfig)[]).filter((field) =>
      !movableFields(engineConfig.engine).includes(field)
    )
    : [];
  const changed = fields.filter((field) => before[field] !== now[field]).map((
    field,
  ) => `"${field}" was ${show(before[field])} and is ${show(now[field])}`);
  if (engine.name !== options.engine.description.name) {
    changed.push(
      `the model was ${engine.name} and is ${options.engine.description.name}`,
    );
  }
  if (changed.length === 0) return;
  throw new Error(
    `${folder} was begun with another engine: ${
      changed.join("; ")
    }. Resume with ` +
      "the engine of its manifest.json, or choose another folder",
  );
}

function show(value: unknown): string {
  return JSON.stringify(value);
}

function writeManifest(folder: string, manifest: Manifest): void {
  const text = JSON.stringify(manifest, null, 2) + "\n";
  writeAtomically(join(folder, "manifest.json"), text);
}

function readManifestFile(folder: string): Manifest {
  return JSON.parse(Deno.readTextFileSync(join(folder, "manifest.json")));
}

function noteResumed(folder: string, afterStep: number, address = ""): void {
  const manifest = readManifestFile(folder);
  manifest.resumed.push({
    afterStep,
    at: new Date().toISOString(),
    ...(address !== "" && { address }),
  });
  writeManifest(folder, manifest);
}

function openLogs(folder: string, bytes: Record<string, number>): Logs {
  const logs = {} as Logs;
  for (const name of LOG_NAMES) {
    logs[name] = LogFile.open(join(folder, name), bytes[name] ?? 0);
  }
  return logs;
}

function writeEvent(logs: Logs, event: SelfPlayEvent): void {
  switch (event.type) {
    case "seeded":
      logs["tasks.jsonl"].writeRows(
        event.proposals.map((proposal) => taskRow(proposal)),
      );
      break;
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

async function saveIfDue(
  options: RecordOptions,
  logs: Logs,
  step: number,
  state: () => SelfPlayState,
): Promise<void> {
  const { folder, config, stop } = options;
  const due = step === 0 || step === config.steps ||
    step % config.checkpointEvery === 0 || stop?.aborted;
  if (!due) return;
  const logBytes: Record<string, number> = {};
  for (const [name, log] of Object.entries(logs)) {
    log.sync();
    logBytes[name] = log.bytes;
  }
  await writeCheckpoint(folder, options, { selfPlay: state(), logBytes });
  tidyCheckpoints(folder, config.keepCheckpoints);
}

/** The batch of an update that was not finite, for study. */
function keepFailedBatch(folder: string, error: UpdateFailed): void {
  const path = join(folder, `failed_update_step_${error.step}.json`);
  const { message, step, sequences } = error;
  writeAtomically(path, JSON.stringify({ step, message, sequences }));
}
