/** What a recorded run is started with. */

import type { EngineConfig } from "../engines/engine_config.ts";
import type { SeedingRound } from "../method/seeding.ts";
import type { SelfPlayEvent, SelfPlayOptions } from "../method/loop.ts";
import type { Tokenizer } from "../model/mod.ts";

/** The parts of a run, its folder, and who hears of it. */
export interface RecordOptions
  extends Omit<SelfPlayOptions, "state" | "seeding"> {
  /** The model's own; it is kept with every checkpoint. */
  tokenizer: Tokenizer;
  /** The run's folder; must not hold a run unless `resume` is set. */
  folder: string;
  /** Go on from the newest checkpoint; from the beginning if there is none. */
  resume?: boolean;
  /** How the engine was chosen; noted, and compared when the run is resumed. */
  engineConfig?: EngineConfig;
  /** What to note in the manifest: preset, base model and its hash. */
  experiment?: Record<string, unknown>;
  /**
   * When aborted, the current step is finished and saved, and the run stops. A round
   * of seeding and the wait for a server are given up at once.
   */
  stop?: AbortSignal;
  /** Called after each round of seeding has been written and saved. */
  onSeedingRound?: (round: SeedingRound) => void;
  /** Called after each event has been written. */
  onEvent?: (event: SelfPlayEvent) => void;
  /** Told what is not as it was when a run is taken up again; by default stderr. */
  onNote?: (text: string) => void;
}
