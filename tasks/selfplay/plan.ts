/** From what was asked for to what will be played: nothing is left to a default. */

import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import {
  checkEngineConfig,
  type EngineConfig,
  ENGINES,
  movableFields,
  withWholePaths,
} from "../../lib/engines/engine_config.ts";
import {
  dialectOf,
  ENGINE_LIMITS,
  openTokenizer,
} from "../../lib/engines/choice.ts";
import { type Preset, presetNamed } from "../../lib/lab/presets.ts";
import { readManifest } from "../../lib/run/read.ts";
import { findRuns } from "../runs/find.ts";
import { readRunConfig } from "../../lib/run/run_folder.ts";
import {
  checkConfig,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { checkLimits } from "../../lib/method/engine_limits.ts";
import {
  ArgumentError,
  type SelfPlayArguments,
  withSettings,
} from "./arguments.ts";
import { modelFolder } from "../model/folder.ts";
import { benchmarksFor, functionsFor, modelPreset } from "./language_model.ts";
import { didYouMean } from "../../lib/method/nearest.ts";

/** A command line made whole. */
export interface Plan {
  /** Null where a model plays that is not a preset's own base model. */
  preset: Preset | null;
  /** Name of the preset that the settings come from, of a language model or of a world. */
  presetName: string | null;
  config: SelfPlayConfig;
  engine: EngineConfig;
  folder: string;
  resume: boolean;
  cache: string | undefined;
  /** Functions that a language model is evaluated on before and after; 0 for none. */
  functions: number;
  /** Benchmarks that it is evaluated on, as given; null for none. */
  during: string | null;
  /** The folder of their files. */
  data: string;
  /** Whether the dialect is decided by a probe of the model (dialect_probe.ts). */
  probes: boolean;
}

/** Completes what was asked: a resumed run keeps its preset, seed, engine and settings. */
export async function planOf(asked: SelfPlayArguments): Promise<Plan> {
  if (asked.resume && asked.out !== null && holdsRun(asked.out)) {
    return resumedPlan(asked, asked.out);
  }
  const { engine, preset, presetName, config } = await chosen(asked);
  const name = presetName ?? basename(asked.engine.model ?? "", ".gguf");
  const folder = asked.out ?? join("runs", `${name}-seed${config.seed}`);
  if (asked.resume && asked.out === null && holdsRun(folder)) {
    return resumedPlan(asked, folder);
  }
  if (asked.resume) requireBegun(folder);
  checkConfig(config);
  const { engine: kind } = engine;
  checkLimits(config, ENGINE_LIMITS[kind], `the engine "${kind}"`);
  return {
    preset,
    presetName,
    config,
    engine,
    folder,
    resume: asked.resume,
    cache: asked.cache ?? undefined,
    functions: functionsFor(asked, { preset, engine, config }),
    ...benchmarksFor(asked, { preset, engine, config }),
    probes: presetName === null && isProbed(asked, { engine, config }),
  };
}

/** Whether nobody chose a dialect for a language model on this machine that plays in Python. */
function isProbed(
  { settings }: SelfPlayArguments,
  { engine, config }: Pick<Plan, "engine" | "config">,
): boolean {
  const isChosen = settings.some(([name]) =>
    ["dialect", "chatForm"].includes(name)
  );
  return engine.engine === "local" && config.language === "python" &&
    config.dialect !== "compact" && !isChosen;
}

/** The engine, the preset and the settings that apply to what was asked. */
export async function chosen(
  asked: SelfPlayArguments,
): Promise<Pick<Plan, "engine" | "preset" | "presetName" | "config">> {
  const known = ENGINES[asked.engine.engine ?? "local"];
  const ofModel = modelPreset(asked.preset);
  const own = ofModel && known.engine === "local"
    ? { model: ofModel.model, ...ofModel.engine }
    : {};
  const fields = { ...own, ...asked.engine };
  const engine = { ...known, ...await withFolders(fields, known) };
  checkEngineConfig(engine);
  const isTiny = ofModel === null &&
    (asked.preset !== null || engine.model === "");
  const preset = isTiny ? presetNamed(asked.preset ?? "smoke") : null;
  checkUsed(asked, engine);
  const settings = (ofModel ?? preset)?.selfPlay ?? await settingsFor(engine);
  return {
    engine,
    preset,
    presetName: (ofModel ?? preset)?.name ?? null,
    config: withChanges(settings, asked),
  };
}

/** Names of models as folders, fetched where they are not here yet; a server has its own names. */
async function withFolders(
  asked: Partial<EngineConfig>,
  { engine }: EngineConfig,
): Promise<Partial<EngineConfig>> {
  const folders = { ...asked };
  for (const field of ["model", "tokenizer"] as const) {
    const named = asked[field] ?? "";
    if (named === "" || (field === "model" && engine !== "local")) continue;
    folders[field] = await modelFolder(named);
  }
  return folders;
}

/** Throws on an option that would have no effect. */
function checkUsed(
  { cache, engine: { tokenizer } }: SelfPlayArguments,
  { model, microBatchTokens, weights }: EngineConfig,
): void {
  if (cache !== null && model !== "") {
    throw new ArgumentError(
      "--cache names the folder of the presets' base models, and a run with --model " +
        "uses none: leave --cache out",
    );
  }
  if ((microBatchTokens !== 0 || weights !== "float32") && model === "") {
    throw new ArgumentError(
      "--micro-batch and --weights are for language models: leave them out, or give " +
        "--model",
    );
  }
  if (tokenizer !== undefined && model === "") {
    throw new ArgumentError(
      "--tokenizer needs --model, because a preset's base model has its own " +
        "tokenizer: leave --tokenizer out",
    );
  }
}

/**
 * Throws where the run to resume does not exist. A folder without a run is left by a run
 * that was killed before its first byte; the same command then starts the run.
 */
function requireBegun(folder: string): void {
  if (existsSync(folder) && checkpointSteps(folder).length > 0) {
    throw new ArgumentError(
      `${folder} has lost its config.json: copy it from the newest folder in ` +
        "checkpoints/ of the run, and manifest.json if that is gone too",
    );
  }
  if (existsSync(folder)) {
    console.error(`no run in ${folder} yet: starting one`);
    return;
  }
  const beside = findRuns(dirname(resolve(folder))).map((run) =>
    join(dirname(folder), basename(run))
  );
  throw new ArgumentError(
    `there is no run in ${folder}.${
      didYouMean(folder, beside)
    } To begin one there, leave --resume out`,
  );
}

/** A language model gets the paper's settings; one with the tiny vocabulary the tiny ones. */
async function settingsFor(engine: EngineConfig): Promise<SelfPlayConfig> {
  const dialect = dialectOf(await openTokenizer(engine));
  return dialect === "compact" ? TINY_CONFIG : PAPER_CONFIG;
}

/** Throws where an option and `--set` give the same field two values. */
export function withChanges(
  config: SelfPlayConfig,
  asked: SelfPlayArguments,
): SelfPlayConfig {
  const changed = withSettings(config, asked.settings);
  for (const field of ["seed", "steps"] as const) {
    const value = asked[field];
    if (value === null) continue;
    const isSet = asked.settings.some(([name]) => name === field);
    if (isSet && changed[field] !== value) {
      throw new ArgumentError(
        `--${field} ${value} and --set ${field}=${
          changed[field]
        } differ: give one of them`,
      );
    }
    changed[field] = value;
  }
  return changed;
}

async function resumedPlan(
  asked: SelfPlayArguments,
  folder: string,
): Promise<Plan> {
  const config = readRunConfig(folder);
  const { experiment, engineConfig, resumed } = readManifest(folder);
  const name = typeof experiment.preset === "string" ? experiment.preset : null;
  if (asked.preset !== null && asked.preset !== name) {
    throw new ArgumentError(
      `${folder} holds a run of ${
        name === null ? "no preset" : `preset "${name}"`
      }, not "${asked.preset}"`,
    );
  }
  const changed = withChanges(config, asked);
  if (changed.seed !== config.seed) {
    throw new ArgumentError(
      `${folder} holds a run with seed ${config.seed}, not ${changed.seed}`,
    );
  }
  // A manifest of an earlier version lacks some fields.
  const begun = engineConfig ?? ENGINES.local;
  const known = { ...ENGINES[begun.engine], ...begun };
  for (const { address, moved } of resumed) {
    Object.assign(known, address === undefined ? {} : { address }, moved);
  }
  const moved = await withFolders(asked.engine, known);
  const engine = resumedEngine(folder, known, moved);
  checkUsed(asked, engine);
  const functions = Number(experiment.functions ?? 0);
  if (asked.evaluate !== null && asked.evaluate !== functions) {
    throw new ArgumentError(
      `--evaluate: ${folder} holds a run that is evaluated on ${functions} ` +
        `functions, not ${asked.evaluate}: leave --evaluate out`,
    );
  }
  const during = typeof experiment.during === "string"
    ? experiment.during
    : null;
  if (asked.during !== null && asked.during !== during) {
    throw new ArgumentError(
      `--during: ${folder} holds a run that is evaluated on ${
        during ?? "no benchmarks"
      }, not ${asked.during}: leave --during out`,
    );
  }
  return {
    preset: name === null || modelPreset(name) ? null : presetNamed(name),
    presetName: name,
    config: changed,
    engine,
    folder,
    resume: true,
    cache: asked.cache ?? undefined,
    functions,
    during,
    data: asked.data ?? "benchmarks",
    probes: false,
  };
}

/** Returns the engine that a run was begun with. Only what may have moved can be new. */
function resumedEngine(
  folder: string,
  known: EngineConfig,
  asked: Partial<EngineConfig>,
): EngineConfig {
  const movable = movableFields(known.engine);
  for (const [name, value] of Object.entries(asked)) {
    const field = name as keyof EngineConfig;
    const isNew = known.model === "" && field === "model";
    if (value === known[field] || (movable.includes(field) && !isNew)) continue;
    throw new ArgumentError(
      `engine field "${field}": ${folder} holds a run with ${
        JSON.stringify(known[field])
      }, not ${JSON.stringify(value)}; leave it out, or choose another folder`,
    );
  }
  return withWholePaths({ ...known, ...asked });
}

/** Returns a preset with other settings; its world speaks the language that they name. */
export function presetWith(preset: Preset, selfPlay: SelfPlayConfig): Preset {
  const { language } = selfPlay;
  if (language === "typescript") {
    throw new ArgumentError(
      'config field "language": presets have worlds in javascript and python, ' +
        "none in typescript; TypeScript is for language models (--model)",
    );
  }
  return { ...preset, world: { ...preset.world, language }, selfPlay };
}

/** Returns the engine in a few words. */
export function engineTitle(config: EngineConfig): string {
  const { engine, model, address, loraRank } = config;
  return [
    `engine ${engine}`,
    ...(address === "" ? [] : [`at ${address}`]),
    ...(model === "" ? [] : [`model ${model}`]),
    ...(loraRank === 0 ? [] : [`LoRA rank ${loraRank}`]),
  ].join(", ");
}

function holdsRun(folder: string): boolean {
  try {
    return Deno.statSync(join(folder, "config.json")).isFile;
  } catch {
    return false;
  }
}
