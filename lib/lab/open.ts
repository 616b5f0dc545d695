/**
 * The laboratory: a preset's base model, vocabulary, held-out splits and sandbox, opened
 * in one call. Notebooks use it to take steps of self-play by hand.
 */

import { join } from "node:path";
import type { Run } from "../azr.ts";
import { LocalEngine } from "../engines/local.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { Setting } from "../method/setting.ts";
import { identityTasks } from "../method/buffer/identity.ts";
import type { Dialect } from "../method/modes/dialect.ts";
import { dialectNamed } from "../method/modes/mod.ts";
import type { ModeName, Task } from "../method/modes/task.ts";
import type { Tokenizer } from "../model/mod.ts";
import {
  type Executor,
  type ExecutorOptions,
  startExecutor,
} from "../sandbox/mod.ts";
import {
  BASE_CACHE,
  type BaseModel,
  buildBaseModel,
  worldParts,
} from "./base_model.ts";
import { type Preset, presetNamed } from "./presets.ts";
import type { SplitSet } from "./world/splits.ts";
import { worldLanguages } from "./world/config.ts";

/** An open laboratory. Disposing of it closes the sandbox and every model it opened. */
interface Lab extends AsyncDisposable {
  readonly preset: Preset;
  readonly base: BaseModel;
  /** The base model. Training changes it; `reset` makes it the base model again. */
  readonly engine: LocalEngine;
  readonly executor: Executor;
  readonly tokenizer: Tokenizer;
  /** The evaluation splits, and the set of their tasks, which training may not use. */
  readonly splits: SplitSet;
  readonly dialect: Dialect;
  /** Tells whether a task belongs to an evaluation: such a task is not trained on. */
  heldOut(task: Task): boolean;
  /** Returns a run of the page lib/azr.ts, which starts from the identity program. */
  startRun(): Run;
  /** Returns the setting for the loop of lib/method: the preset's config with changes. */
  setting(
    changes?: Partial<SelfPlayConfig>,
  ): Setting & Pick<Lab, "engine" | "tokenizer">;
  /** Opens another copy of the base model, which the laboratory closes. */
  openCopy(): Promise<LocalEngine>;
  /** Puts the base model's weights back into `engine`, with a fresh optimiser. */
  reset(): Promise<void>;
}

/** The seed, the sandbox and the folder of an opened preset. */
interface LabOptions {
  /** Seed of the base model's pretraining and of all that is sampled. */
  seed: number;
  /** Folder of base models; default: `BASE_CACHE` in the kit's own folder. */
  cacheFolder?: string;
  /** Options of the sandbox; default: the languages of the preset's world. */
  executor?: ExecutorOptions;
  /** Receives a line of progress while the model is pretrained. */
  report?: (line: string) => void;
}

/** Opens a preset, given itself or by name, and pretrains its base model where the cache lacks it. */
export async function openLab(
  presetOrName: Preset | string,
  options: LabOptions,
): Promise<Lab> {
  const preset = typeof presetOrName === "string"
    ? presetNamed(presetOrName)
    : presetOrName;
  const { seed, executor: sandbox } = options;
  const languages = worldLanguages(preset.world);
  const base = await baseModel(preset, options);
  const engine = await LocalEngine.fromFolder(base.folder);
  const executor = await startExecutor(sandbox ?? { languages });
  const { tokenizer, splits } = worldParts(preset);
  const dialect = dialectNamed(preset.selfPlay.dialect);
  const copies: LocalEngine[] = [];
  const bars = (source: string, argument: string, output: string) =>
    splits.heldOut.has(source, { argument, output });
  const heldOut = ({ program, examples }: Task) =>
    examples.some(({ argument, output }) =>
      bars(program.source, argument, output)
    );
  const parts = { engine, executor, tokenizer, dialect };
  return {
    ...{ preset, base, splits, heldOut },
    ...parts,
    startRun: () => ({ ...parts, ...runFacts(preset), heldOut, seed }),
    setting: (changes) => ({
      ...parts,
      config: { ...preset.selfPlay, seed, ...changes },
      heldOut: ({ source }, ...call) => bars(source, ...call),
    }),
    async openCopy() {
      const copy = await LocalEngine.fromFolder(base.folder);
      copies.push(copy);
      return copy;
    },
    reset: () => engine.load(base.folder),
    async [Symbol.asyncDispose]() {
      for (const model of [engine, ...copies]) model.dispose();
      await executor.close();
    },
  };
}

/** Returns the fields of a run of lib/azr.ts that depend on the preset's model. */
function runFacts({ model, selfPlay }: Preset) {
  const { dialect, language, learningRate, seed } = selfPlay;
  const responseTokens = selfPlay.maxSolutionTokens;
  const first = (mode: ModeName) =>
    identityTasks(mode, language, seed, dialect);
  return {
    language,
    learningRate,
    responseTokens,
    // The six references of the paper need longer prompts than a preset's two.
    promptTokens: model.contextLength - responseTokens,
    step: 1,
    buffers: {
      deduction: first("deduction"),
      abduction: first("abduction"),
      induction: first("induction"),
    },
  };
}

/** Returns the base model, pretrained where the cache lacks it; reports every tenth of the tokens. */
function baseModel(
  preset: Preset,
  { seed, cacheFolder, report = console.log }: LabOptions,
): Promise<BaseModel> {
  const kit = join(import.meta.dirname!, "../..");
  const { tokens: total } = preset.pretrain;
  let tenths = 0;
  return buildBaseModel(preset, {
    seed,
    cacheFolder: cacheFolder ?? join(kit, BASE_CACHE),
    onProgress: ({ tokens }) => {
      const reached = Math.floor(10 * tokens / total);
      if (reached === tenths) return;
      tenths = reached;
      report(`base model: ${10 * tenths} % of its pretraining done`);
    },
  });
}
