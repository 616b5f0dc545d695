/**
 * A run with any model: an engine chosen by name, the sandbox, and the loop.
 *
 *     await playModel({
 *       engine: { ...ENGINES.local, model: "models/qwen2.5-coder-0.5b", loraRank: 16 },
 *       config: { ...PAPER_CONFIG, steps: 2 },
 *       folder: "runs/first",
 *     });
 *
 * Another engine is another value of `engine`. Left out: base models and worlds of a
 * preset (lib/lab); evaluations are the caller's `evaluate`.
 */
import type { Company } from "../engines/http.ts";
import { dialectOf, openModel } from "../engines/choice.ts";
import { type EngineConfig, withWholePaths } from "../engines/engine_config.ts";
import type { Engine } from "../method/engine.ts";
import { startExecutor } from "../sandbox/mod.ts";
import type { Tokenizer } from "../model/mod.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import { recordRun, type RunOutcome } from "./record.ts";
import type { RecordOptions } from "./record_options.ts";

/** The opened models of a run. Disposing of the record closes the models. */
export interface PlayingModels extends AsyncDisposable {
  config: EngineConfig;
  engine: Engine;
  /** A second model where the policies are separate. */
  proposerEngine?: Engine;
  tokenizer: Tokenizer;
}

/** Opens the one model or the two that a config's `policies` ask for, with equal weights. */
export async function openModels(
  config: EngineConfig,
  policies: SelfPlayConfig["policies"],
  seed: number,
  company: Company = {},
): Promise<PlayingModels> {
  config = withWholePaths(config);
  const { engine, tokenizer } = await openModel(config, seed, company);
  const engines = [engine];
  try {
    if (policies === "separate") {
      engines.push((await openModel(config, seed, company)).engine);
    }
  } catch (error) {
    await closeAll(engines);
    throw error;
  }
  return {
    config,
    engine,
    proposerEngine: engines.at(1),
    tokenizer,
    [Symbol.asyncDispose]: () => closeAll(engines),
  };
}

/** The engine's config, and the options of `recordRun` that a caller may choose. */
interface PlayOptions extends
  Pick<
    RecordOptions,
    | "config"
    | "folder"
    | "resume"
    | "stop"
    | "onEvent"
    | "onSeedingRound"
    | "giveUp"
    | "onSampling"
    | "evaluate"
    | "heldOut"
    | "generateTasks"
    | "experiment"
  > {
  engine: EngineConfig;
  /** Receives notes on a server that is slow or lacks a field. Default: `console.warn`. */
  onNote?: (note: string) => void;
}

/**
 * Opens a model and the sandbox, records a run into a folder, and closes both. Throws
 * `RangeError` before the first step, naming field and cure, where engine and config
 * do not fit each other.
 */
export async function playModel(options: PlayOptions): Promise<RunOutcome> {
  const { engine: asked, config, onNote, ...recording } = options;
  await using models = await openModels(
    asked,
    config.policies,
    config.seed,
    { tell: onNote, stop: options.stop },
  );
  const { config: engineConfig, engine, proposerEngine, tokenizer } = models;
  const dialect = dialectOf(tokenizer);
  const isTiny = [config.dialect, dialect].includes("compact");
  if (isTiny && config.dialect !== dialect) {
    throw new RangeError(
      `config field "dialect" is "${config.dialect}", but the vocabulary of ` +
        `${engineConfig.model} belongs to "${dialect}": set it to that`,
    );
  }
  // The official code had to mend the tokenizer of Qwen3's base models for it.
  if (config.dialect === "chat" && tokenizer.encode("<think>").length === 1) {
    (onNote ?? console.warn)(
      "<think> is a token of its own in this vocabulary: models tuned to think know " +
        "it, but base models (Qwen3) have not been trained on it; for those, set " +
        '"dialect" to "code"',
    );
  }
  await using executor = await startExecutor({ languages: [config.language] });
  return await recordRun({
    ...recording,
    onNote,
    config,
    engineConfig,
    engine,
    proposerEngine,
    tokenizer,
    executor,
  });
}

/** Closes engines, and waits until servers have freed their models. */
async function closeAll(engines: readonly Engine[]): Promise<void> {
  for (const engine of engines) {
    engine.dispose();
    await (engine as Engine & Partial<AsyncDisposable>)
      [Symbol.asyncDispose]?.();
  }
}
