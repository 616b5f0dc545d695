/**
 * A run of the experiment: base model, self-play and evaluation, into a folder.
 *
 * The folder is a run folder of lib/run. A resumed run uses the same base model, from
 * the cache or pretrained again.
 */

import { dialectOf } from "../engines/choice.ts";
import {
  type EngineConfig,
  ENGINES,
  withWholePaths,
} from "../engines/engine_config.ts";
import { resolve } from "node:path";
import type { EvaluationResult } from "./evaluation/evaluate.ts";
import { type Executor, startExecutor } from "../sandbox/mod.ts";
import { randomStream } from "../random.ts";
import { openModels, type PlayingModels } from "../run/play.ts";
import { recordRun, type RunOutcome } from "../run/record.ts";
import { checkConfig } from "../method/config.ts";
import type { CandidateGenerator } from "../method/setting.ts";
import type { SeedingRound } from "../method/seeding.ts";
import type { RunSampling } from "../run/watch.ts";
import type { SelfPlayEvent } from "../method/loop.ts";
import { CORPUS_RANGE, literal } from "./world/value.ts";
import type { HeldOut } from "./world/held_out.ts";
import { ProgramGenerator } from "./world/generator.ts";
import { renderProgram } from "./world/program.ts";
import { type WorldConfig, worldLanguages } from "./world/config.ts";
import { dialectNamed } from "../method/modes/mod.ts";
import { INDUCTION_INPUTS } from "../method/modes/compact_words.ts";
import { modeOf } from "../method/modes/registry.ts";
import { type BaseModel, buildBaseModel, worldParts } from "./base_model.ts";
import { evaluateMoment, momentOf } from "./evaluation_plan.ts";
import type { GeneratedTasks, Preset } from "./presets.ts";
import type { PretrainProgress } from "./pretrain.ts";

/** The preset, the seed, the folder and the callbacks of a run. */
interface ExperimentOptions {
  preset: Preset;
  /** Seed of the base model, and of self-play. */
  seed: number;
  /** Seed of the streams of self-play where another than `seed`, on the same base model. */
  playSeed?: number;
  /** Config of the engine; default: local. A config without a model plays the preset's base model. */
  engine?: EngineConfig;
  /** The run's folder. */
  folder: string;
  cacheFolder?: string;
  /** Whether to resume the run in the folder from its newest checkpoint. */
  resume?: boolean;
  /** Ends the run, when aborted, after the current step is saved. */
  stop?: AbortSignal;
  onPretrain?: (progress: PretrainProgress) => void;
  onBase?: (base: BaseModel) => void;
  /** Gives up the step under way, when aborted. */
  giveUp?: AbortSignal;
  onSampling?: (progress: RunSampling) => void;
  onEvent?: (event: SelfPlayEvent) => void;
  onSeedingRound?: (round: SeedingRound) => void;
  /** Receives notes on a server that is slow or lacks a field. Default: `console.warn`. */
  onNote?: (note: string) => void;
}

/**
 * Plays a preset and records the run into a folder. Pretrains the base model where the
 * cache lacks it. Throws as `recordRun` does.
 */
export async function runExperiment(
  options: ExperimentOptions,
): Promise<RunOutcome> {
  const { preset, playSeed = options.seed, engine = ENGINES.local } = options;
  checkPreset(preset);
  const base = engine.model === "" ? await baseModel(options) : null;
  await using executor = await startExecutor({
    languages: worldLanguages(preset.world),
  });
  await using models = await openModels(
    base ? onBaseModel(engine, base) : engine,
    preset.selfPlay.policies,
    playSeed,
    { tell: options.onNote, stop: options.stop },
  );
  return await playFrom(base, models, executor, options);
}

async function baseModel(options: ExperimentOptions): Promise<BaseModel> {
  const { preset, seed, cacheFolder, onPretrain, onBase } = options;
  const base = await buildBaseModel(preset, {
    seed,
    cacheFolder,
    onProgress: (progress) => {
      onPretrain?.(progress);
      options.stop?.throwIfAborted();
    },
  });
  onBase?.(base);
  return base;
}

/** Returns the engine's config with the folder of the base model, which is its name on a server too. */
function onBaseModel(
  engine: EngineConfig,
  { folder }: BaseModel,
): EngineConfig {
  if (engine.engine === "local") return { ...engine, model: folder };
  return { ...engine, model: resolve(folder), tokenizer: folder };
}

async function playFrom(
  base: BaseModel | null,
  models: PlayingModels,
  executor: Executor,
  options: ExperimentOptions,
): Promise<RunOutcome> {
  const { preset, seed, folder, resume, stop, onEvent } = options;
  const { playSeed = seed, onSeedingRound, onNote } = options;
  const { engine, proposerEngine, tokenizer } = models;
  checkDialect(preset, dialectOf(tokenizer));
  const { splits } = worldParts(preset);
  const config = { ...preset.selfPlay, seed: playSeed };
  const dialect = dialectNamed(config.dialect);
  const solver = { engine, tokenizer, executor, dialect };
  return await recordRun({
    folder,
    resume,
    stop,
    onEvent,
    onSeedingRound,
    onNote,
    giveUp: options.giveUp,
    onSampling: options.onSampling,
    config,
    engine,
    proposerEngine,
    // The given config is recorded, without the folder of the base model in the cache.
    engineConfig: withWholePaths(options.engine ?? ENGINES.local),
    tokenizer,
    executor,
    heldOut: (program, argument, output) =>
      splits.heldOut.has(program.source, { argument, output }),
    generateTasks: generatedTasks(preset, splits.heldOut, playSeed),
    evaluate: (step, { engine }) =>
      evaluateMoment(
        { ...solver, engine },
        splits,
        preset,
        momentOf(step, config),
        config.thinking,
      ).then((rows: EvaluationResult[]) => rows.map((row) => ({ ...row }))),
    experiment: { preset: preset.name, seed, baseModel: base?.hash ?? null },
  });
}

/**
 * Throws where a preset cannot be played: a setting, or a world that has too few
 * programs for its splits. Builds the world, which takes a second.
 */
export function checkPreset(preset: Preset): void {
  const { selfPlay, evaluation } = preset;
  checkConfig(selfPlay);
  checkLanguage(preset);
  checkGenerated(preset);
  generatorOf(preset.world, preset.generated);
  const { splits: { splits } } = worldParts(preset);
  for (const field of ["passSplits", "duringSplits"] as const) {
    for (const name of evaluation[field] ?? []) {
      if (splits.some((split) => split.name === name)) continue;
      const known = [...new Set(splits.map((split) => split.name))].join(", ");
      throw new RangeError(
        `preset "${preset.name}": evaluation.${field} names the split "${name}", ` +
          `which this world lacks; it has: ${known}`,
      );
    }
  }
}

/** Throws unless base model, tasks and held-out items have the same language. */
function checkLanguage({ name, world, selfPlay }: Preset): void {
  if (selfPlay.language === world.language) return;
  throw new RangeError(
    `preset "${name}": selfPlay.language is "${selfPlay.language}" and ` +
      `world.language is "${world.language}": give both the same`,
  );
}

/** Throws where a preset says what is generated and nothing is. */
function checkGenerated({ name, generated, selfPlay }: Preset): void {
  if (!generated || selfPlay.taskSource === "generated") return;
  throw new RangeError(
    `preset "${name}": "generated" does nothing unless selfPlay.taskSource is ` +
      `"generated": leave it out`,
  );
}

/** Throws where one of model and preset is made for the compact dialect, and the other is not. */
function checkDialect({ name, selfPlay }: Preset, dialect: string): void {
  if ((selfPlay.dialect === "compact") === (dialect === "compact")) return;
  throw new RangeError(
    `engine field "model": its vocabulary belongs to the dialect "${dialect}", but ` +
      `preset "${name}" is played in "${selfPlay.dialect}": leave the preset out`,
  );
}

/** Returns a generator of tasks from the world's own programs, for the control without a proposer. */
export function generatedTasks(
  { world, generated }: Pick<Preset, "world" | "generated">,
  heldOut: HeldOut,
  seed: number,
): CandidateGenerator {
  const generator = generatorOf(world, generated);
  return (mode, count, batch) => {
    const random = randomStream(seed, "generated", mode, batch);
    const inputCount = modeOf(mode).writesProgram ? 1 : INDUCTION_INPUTS;
    return Array.from({ length: count }, () => {
      for (;;) {
        const { program, inputs, runs } = generator.sketch({
          depth: generator.depth(random),
          inputCount,
          range: CORPUS_RANGE,
        }, random);
        const source = renderProgram(program, world.language);
        const held = inputs.some((input, i) =>
          heldOut.has(source, {
            argument: literal(input),
            output: literal(runs[i].output),
          })
        );
        if (held) continue;
        return {
          program: { language: world.language, source },
          arguments: inputs.map(literal),
          message: "",
        };
      }
    });
  };
}

/** Returns a generator of the world's programs, or of the part of them that a preset names. */
function generatorOf(
  world: WorldConfig,
  generated?: GeneratedTasks,
): ProgramGenerator {
  const all = new ProgramGenerator(world);
  if (!generated) return all;
  const { depthWeights, withoutOperations } = generated;
  if (world.heldOutPairs && withoutOperations.length > 0) {
    throw new RangeError(
      `"generated.withoutOperations" has to be [] where world.heldOutPairs holds ` +
        "pairs of operations out",
    );
  }
  const names = all.operations.map(({ name }) => name);
  const unknown = withoutOperations.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `"generated" leaves out the operation "${unknown}", which the world lacks; ` +
        `it has: ${names.join(", ")}`,
    );
  }
  const operations = names.filter((name) => !withoutOperations.includes(name));
  return new ProgramGenerator({ ...world, depthWeights, operations });
}
