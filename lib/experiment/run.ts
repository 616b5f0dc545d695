/**
 * A run of the experiment: base model, self-play and evaluation, into a folder.
 *
 * The folder is a run folder of lib/run. Taking a run up again uses the same
 * base model, from the cache or rebuilt.
 */

import { LocalEngine } from "../engine/mod.ts";
import type { EvaluationResult } from "../evaluation/mod.ts";
import { type Executor, startExecutor } from "../executor/mod.ts";
import { Tokenizer } from "../model/mod.ts";
import { randomStream } from "../random/mod.ts";
import { recordRun, type RunOutcome } from "../run/mod.ts";
import type { SelfPlayEvent, TaskSource } from "../selfplay/mod.ts";
import {
  CORPUS_RANGE,
  type HeldOut,
  literal,
  ProgramGenerator,
  renderProgram,
} from "../world/mod.ts";
import { INDUCTION_INPUTS } from "../modes/mod.ts";
import { type BaseModel, buildBaseModel, worldParts } from "./base_model.ts";
import { evaluateMoment, momentOf } from "./evaluation_plan.ts";
import type { Preset } from "./presets.ts";
import type { PretrainProgress } from "./pretrain.ts";

export interface ExperimentOptions {
  preset: Preset;
  seed: number;
  /** The run's folder. */
  folder: string;
  cacheFolder?: string;
  /** Take up the run in the folder where its newest checkpoint left it. */
  resume?: boolean;
  /** Aborting ends the run after the current step, saved. */
  stop?: AbortSignal;
  onPretrain?: (progress: PretrainProgress) => void;
  onBase?: (base: BaseModel) => void;
  onEvent?: (event: SelfPlayEvent) => void;
}

/** Builds the base model if need be and plays a preset into a folder. */
export async function runExperiment(
  options: ExperimentOptions,
): Promise<RunOutcome> {
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
  await using executor = await startExecutor({
    languages: [preset.world.language],
  });
  const engine = await LocalEngine.fromFolder(base.folder);
  const proposerEngine = preset.selfPlay.policies === "separate"
    ? await LocalEngine.fromFolder(base.folder)
    : undefined;
  try {
    return await playFrom(base, { engine, proposerEngine }, executor, options);
  } finally {
    engine.dispose();
    proposerEngine?.dispose();
  }
}

async function playFrom(
  base: BaseModel,
  engines: { engine: LocalEngine; proposerEngine?: LocalEngine },
  executor: Executor,
  options: ExperimentOptions,
): Promise<RunOutcome> {
  const { preset, seed, folder, resume, stop, onEvent } = options;
  const tokenizer = await Tokenizer.fromFolder(base.folder);
  const { splits } = worldParts(preset);
  const config = { ...preset.selfPlay, seed };
  const { engine } = engines;
  const evaluator = { engine, tokenizer, executor };
  return await recordRun({
    folder,
    resume,
    stop,
    onEvent,
    config,
    ...engines,
    tokenizer,
    executor,
    heldOut: (program, argument, output) =>
      splits.heldOut.has(program.source, { argument, output }),
    taskSource: generatedTasks(preset, splits.heldOut, seed),
    evaluate: (step) =>
      evaluateMoment(
        evaluator,
        splits,
        preset.evaluation,
        momentOf(step, config),
        config.thinking,
      ).then((rows: EvaluationResult[]) => rows.map((row) => ({ ...row }))),
    experiment: { preset: preset.name, seed, baseModel: base.hash },
  });
}

/** Tasks of the world's own generator, for the control without a proposer. */
export function generatedTasks(
  { world }: Preset,
  heldOut: HeldOut,
  seed: number,
): TaskSource {
  const generator = new ProgramGenerator(world);
  return (mode, count, step) => {
    const random = randomStream(seed, "generated", mode, step);
    const inputCount = mode === "induction" ? INDUCTION_INPUTS : 1;
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
