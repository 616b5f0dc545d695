/** From what was asked for to what will be played: nothing is left to a default. */

import { basename, join } from "node:path";
import {
  checkEngineConfig,
  dialectOf,
  ENGINE_LIMITS,
  type EngineConfig,
  ENGINES,
  openTokenizer,
} from "../../lib/engines/mod.ts";
import { type Preset, presetNamed } from "../../lib/lab/mod.ts";
import { readManifest, readRunConfig } from "../../lib/run/mod.ts";
import {
  checkConfig,
  checkLimits,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/mod.ts";
import {
  ArgumentError,
  type SelfPlayArguments,
  withSettings,
} from "./arguments.ts";

/** A command line made whole. */
export interface Plan {
  /** Null where a model plays that belongs to no preset. */
  preset: Preset | null;
  config: SelfPlayConfig;
  engine: EngineConfig;
  folder: string;
  resume: boolean;
  cache: string | undefined;
}

/** Completes what was asked: a resumed run keeps its preset, seed, engine and settings. */
export async function planOf(asked: SelfPlayArguments): Promise<Plan> {
  if (asked.resume && asked.out !== null && holdsRun(asked.out)) {
    return resumedPlan(asked, asked.out);
  }
  const engine = {
    ...ENGINES[asked.engine.engine ?? "local"],
    ...asked.engine,
  };
  checkEngineConfig(engine);
  const preset = asked.preset === null && engine.model !== ""
    ? null
    : presetNamed(asked.preset ?? "smoke");
  const seed = asked.seed ?? 1;
  const name = preset?.name ?? basename(engine.model);
  const folder = asked.out ?? join("runs", `${name}-seed${seed}`);
  if (asked.resume && asked.out === null && holdsRun(folder)) {
    return resumedPlan(asked, folder);
  }
  // No error: a run killed before its first byte goes on by the same command.
  if (asked.resume) console.error(`no run in ${folder} yet: starting one`);
  const settings = preset?.selfPlay ?? await settingsFor(engine);
  const config = { ...withChanges(settings, asked), seed };
  checkConfig(config);
  const { engine: kind } = engine;
  checkLimits(config, ENGINE_LIMITS[kind], `the engine "${kind}"`);
  return {
    preset,
    config,
    engine,
    folder,
    resume: asked.resume,
    cache: asked.cache ?? undefined,
  };
}

/** A language model gets the paper's settings; one with the tiny vocabulary the tiny ones. */
async function settingsFor(engine: EngineConfig): Promise<SelfPlayConfig> {
  const dialect = dialectOf(await openTokenizer(engine));
  return dialect === "compact" ? TINY_CONFIG : PAPER_CONFIG;
}

function withChanges(
  config: SelfPlayConfig,
  { settings, steps }: SelfPlayArguments,
): SelfPlayConfig {
  const changed = withSettings(config, settings);
  return steps === null ? changed : { ...changed, steps };
}

function resumedPlan(asked: SelfPlayArguments, folder: string): Plan {
  const config = readRunConfig(folder);
  const { experiment, engineConfig } = readManifest(folder);
  const name = experiment.preset === undefined
    ? null
    : String(experiment.preset);
  if (asked.preset !== null && asked.preset !== name) {
    throw new ArgumentError(
      `${folder} holds a run of ${
        name === null ? "no preset" : `preset "${name}"`
      }, not "${asked.preset}"`,
    );
  }
  if (asked.seed !== null && asked.seed !== config.seed) {
    throw new ArgumentError(
      `${folder} holds a run with seed ${config.seed}, not ${asked.seed}`,
    );
  }
  return {
    preset: name === null ? null : presetNamed(name),
    config: withChanges(config, asked),
    engine: resumedEngine(folder, engineConfig ?? ENGINES.local, asked.engine),
    folder,
    resume: true,
    cache: asked.cache ?? undefined,
  };
}

/** The engine that a run was begun with. Only a server's address may be new. */
function resumedEngine(
  folder: string,
  known: EngineConfig,
  asked: Partial<EngineConfig>,
): EngineConfig {
  for (const [name, value] of Object.entries(asked)) {
    const field = name as keyof EngineConfig;
    if (field === "address" || value === known[field]) continue;
    throw new ArgumentError(
      `engine field "${field}": ${folder} holds a run with ${
        JSON.stringify(known[field])
      }, not ${JSON.stringify(value)}; leave it out, or choose another folder`,
    );
  }
  return { ...known, ...asked };
}

/** A preset with other settings; its world speaks the language that they name. */
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

/** The engine in a few words. */
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
