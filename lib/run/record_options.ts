/** The options of a recorded run. */

import type { EngineConfig } from "../engines/engine_config.ts";
import type { SeedingRound } from "../method/seeding.ts";
import type { SelfPlayEvent, SelfPlayOptions } from "../method/loop.ts";
import type { Tokenizer } from "../model/mod.ts";
import type { RunSampling } from "./watch.ts";

/** The parts of a run, its folder, and its callbacks. */
export interface RecordOptions
  extends Omit<SelfPlayOptions, "state" | "seeding"> {
  /** The model's own tokenizer; every checkpoint keeps a copy. */
  tokenizer: Tokenizer;
  /** The run's folder. It must not hold a run unless `resume` is set. */
  folder: string;
  /** Whether to resume from the newest checkpoint, or from the beginning if there is none. */
  resume?: boolean;
  /** The engine's config. The manifest keeps it, and a resumed run is compared with it. */
  engineConfig?: EngineConfig;
  /** Facts for the manifest: preset, base model and its hash. */
  experiment?: Record<string, unknown>;
  /**
   * Stops the run when aborted. The current step is finished and saved first. A round of
   * seeding and the wait for a server end at once.
   */
  stop?: AbortSignal;
  /**
   * Gives up the step under way, when aborted after `stop`: the run is saved as it was
   * after the last whole step. An evaluation that is given up is made on resuming.
   */
  giveUp?: AbortSignal;
  /** Hears how far sampling has come, where the model is on this machine. */
  onSampling?: (progress: RunSampling) => void;
  /** Called after each round of seeding is written and saved. */
  onSeedingRound?: (round: SeedingRound) => void;
  /** Called after each event is written. */
  onEvent?: (event: SelfPlayEvent) => void;
  /** Receives notes on differences from the run that is resumed; default: stderr. */
  onNote?: (text: string) => void;
}
