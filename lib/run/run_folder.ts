/**
 * A run's folder before the first event: claimed, compared with what is asked for,
 * and taken up from its newest checkpoint.
 *
 * Resuming is exact only with the settings, the model, the frozen weights and the
 * tokenizer of before: all are compared with `manifest.json`.
 */

import { join } from "node:path";
import {
  type EngineConfig,
  ENGINES,
  movableFields,
} from "../engines/engine_config.ts";
import { EARLIER_CONFIG, type SelfPlayConfig } from "../method/config.ts";
import {
  type CheckpointState,
  checkpointSteps,
  readNewestCheckpoint,
  tidyCheckpoints,
} from "./checkpoint.ts";
import { readJson, UNFINISHED, writeAtomically } from "./json_file.ts";
import { LOCK_FILE } from "./lock.ts";
import {
  configHash,
  type Manifest,
  newManifest,
  tokenizerHash,
} from "./manifest.ts";
import type { RecordOptions } from "./record_options.ts";
import { readSeeding, type SeedingFile } from "./seeding_file.ts";

/** Creates the folder. Throws where it holds something that is not to be overwritten. */
export function claimFolder({ folder, resume }: RecordOptions): void {
  const known = readConfigIfPresent(folder);
  if (known && !resume) {
    throw new Error(
      `${folder} holds a run already: resume it, or choose another folder`,
    );
  }
  if (!known) refuseForeignFolder(folder);
  Deno.mkdirSync(join(folder, "checkpoints"), { recursive: true });
}

/** The place at which a run stopped: after a step, or within its seeding. */
export interface BegunRun {
  selfPlay?: CheckpointState["selfPlay"];
  seeding?: SeedingFile["seeding"];
  logBytes: CheckpointState["logBytes"];
}

/**
 * Writes a new run's first files, or restores the state of the newest whole
 * checkpoint, or of the seeding where there is no checkpoint yet.
 */
export async function prepareFolder(
  options: RecordOptions,
  say: (text: string) => void,
): Promise<BegunRun | null> {
  // Again, for another process may have played here until the lock was free.
  claimFolder(options);
  const { folder, config } = options;
  const known = readConfigIfPresent(folder);
  const notes: string[] = [];
  if (!known) {
    writeManifest(folder, newManifest(options, options.experiment ?? {}));
  } else {
    const manifest = readManifestFile(folder);
    const begun = { ...EARLIER_CONFIG, ...manifest.settings };
    refuseOtherConfig(folder, manifest.settings ? begun : known, config);
    refuseOtherEngine(folder, manifest, options);
    notes.push(...differencesOf(manifest, options));
    notes.forEach(say);
  }
  const done = checkpointSteps(folder).at(-1) ?? 0;
  if (config.steps < done) {
    throw new Error(
      `${folder} has done ${done} steps, more than the ${config.steps} of "steps": ` +
        `resume with at least ${done}`,
    );
  }
  const text = JSON.stringify(config, null, 2) + "\n";
  writeAtomically(join(folder, "config.json"), text);
  const state = await readNewestCheckpoint(folder, options, (text) => {
    notes.push(text);
    say(text);
  });
  tidyCheckpoints(folder, config.keepCheckpoints);
  const begun: BegunRun | null = state ?? readSeeding(folder, say);
  if (begun === null) return null;
  noteResumed(folder, {
    afterStep: begun.selfPlay?.step ?? 0,
    seedingRounds: begun.seeding?.rounds,
    at: new Date().toISOString(),
    address: options.engineConfig?.address || undefined,
    moved: movesOf(readManifestFile(folder), options.engineConfig),
    ...(notes.length > 0 && { notes }),
  });
  return begun;
}

/** Returns the settings of the run in a folder. */
export function readRunConfig(folder: string): SelfPlayConfig {
  const config = readConfigIfPresent(folder);
  if (!config) {
    throw new Error(`${folder} holds no run: there is no config.json in it`);
  }
  return config;
}

/** A setting that a config of an earlier version lacks has the value that it had then. */
function readConfigIfPresent(folder: string): SelfPlayConfig | null {
  try {
    return { ...EARLIER_CONFIG, ...readJson(join(folder, "config.json")) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
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
  const own = ["checkpoints", "manifest.json", LOCK_FILE];
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
      `${folder} was begun with "steps" ${known.steps} and "learningRateSchedule" ` +
        `"linear", which lowers the rate over these steps. With ${config.steps} steps, ` +
        `the steps already taken would have had other rates. Resume with ` +
        `${known.steps} steps, or begin a new run; with the schedule "constant", ` +
        "steps can be added",
    );
  }
  if (configHash(known) === configHash(config)) return;
  const fields = Object.keys({
    ...known,
    ...config,
  }) as (keyof SelfPlayConfig)[];
  const changed = fields.filter((field) =>
    field !== "steps" && show(known[field]) !== show(config[field])
  );
  const values = changed.map((field) =>
    `"${field}" was ${show(known[field])} and is ${show(config[field])}`
  );
  throw new Error(
    `${folder} was begun with other settings (${changed.join(", ")}): ` +
      `${
        values.join("; ")
      }. Resume with the earlier settings, which the run's config.json holds, ` +
      "or choose another folder",
  );
}

/**
 * Throws where a run would be resumed on a different engine: its checkpoints belong to
 * the engine that wrote them. Only the place may differ: the address of the same server
 * with its checkpoints, or the folder of the same model.
 */
function refuseOtherEngine(
  folder: string,
  { engine, engineConfig, tokenizerSha256 }: Manifest,
  options: RecordOptions,
): void {
  // A manifest of an earlier version lacks some fields.
  const before: Record<string, unknown> = engineConfig
    ? { ...ENGINES[engineConfig.engine], ...engineConfig }
    : {};
  const now: Record<string, unknown> = { ...options.engineConfig };
  const fields = engineConfig && options.engineConfig
    ? (Object.keys(now) as (keyof EngineConfig)[]).filter((field) =>
      !movableFields(engineConfig.engine).includes(field)
    )
    : [];
  const changed = fields.filter((field) => before[field] !== now[field]).map((
    field,
  ) => `"${field}" was ${show(before[field])} and is ${show(now[field])}`);
  const { name, frozenSha256 } = options.engine.description;
  if (engine.name !== name) {
    changed.push(`the model was ${engine.name} and is ${name}`);
  }
  if (
    engine.frozenSha256 && frozenSha256 && engine.frozenSha256 !== frozenSha256
  ) {
    changed.push(
      `the frozen weights under the adapters have changed: SHA-256 ` +
        `${engine.frozenSha256} before, ${frozenSha256} now`,
    );
  }
  const tokenizer = tokenizerHash(options.tokenizer);
  if (tokenizerSha256 !== undefined && tokenizerSha256 !== tokenizer) {
    changed.push(
      `the tokenizer has changed: SHA-256 ${tokenizerSha256} before, ${tokenizer} now`,
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

/** Returns the fields of the engine's config that have moved since the start, except the address. */
function movesOf(
  { engineConfig: before }: Manifest,
  now: EngineConfig | undefined,
): Partial<EngineConfig> | undefined {
  if (!before || !now) return undefined;
  const moved = movableFields(before.engine).filter((field) =>
    field !== "address" && now[field] !== before[field]
  );
  if (moved.length === 0) return undefined;
  return Object.fromEntries(moved.map((field) => [field, now[field]]));
}

/** Returns notes on differences that change the numbers slightly and do not forbid to resume. */
function differencesOf({ engine }: Manifest, options: RecordOptions): string[] {
  const { backend } = options.engine.description;
  if (engine.backend === backend) return [];
  return [
    `the run was begun on the backend "${engine.backend}" and is resumed on ` +
    `"${backend}": its numbers will differ from those of an uninterrupted run`,
  ];
}

function show(value: unknown): string {
  return JSON.stringify(value);
}

function writeManifest(folder: string, manifest: Manifest): void {
  const text = JSON.stringify(manifest, null, 2) + "\n";
  writeAtomically(join(folder, "manifest.json"), text);
}

function readManifestFile(folder: string): Manifest {
  return readJson(join(folder, "manifest.json"));
}

function noteResumed(folder: string, row: Manifest["resumed"][number]): void {
  const manifest = readManifestFile(folder);
  manifest.resumed.push(row);
  writeManifest(folder, manifest);
}
