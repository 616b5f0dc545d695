/**
 * The watch over a run's engines: it tells how far sampling has come, and gives up a
 * step that is under way when it is told to. Once a step has changed the weights, the
 * step is played to its end; what is saved is always the state after a whole step.
 */

import type { Engine, Sampler, SamplingProgress } from "../method/engine.ts";
import { engineWith } from "../method/engine_with.ts";
import type { EvaluationRow, Setting } from "../method/setting.ts";

type Evaluate = NonNullable<Setting["evaluate"]>;

/** What a watch listens to and tells. */
interface WatchOptions {
  /** Gives up the step under way, when aborted. */
  giveUp?: AbortSignal;
  /** Hears how far sampling has come. */
  onSampling?: (progress: RunSampling) => void;
}

/** How far sampling has come, and whether it is an evaluation's. */
export interface RunSampling extends SamplingProgress {
  evaluating: boolean;
}

export class Watch {
  readonly #options: WatchOptions;
  /** Whether this step has changed weights. */
  #updated = false;
  #evaluating = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Takes note that a step is whole. */
  stepFinished(): void {
    this.#updated = false;
  }

  /** Returns the engine under watch; everything else about it is its own. */
  over(engine: Engine): Engine {
    const trainStep: Engine["trainStep"] = async (
      sequences,
      objective,
      optimiser,
    ) => {
      const stop = this.#stop();
      const report = await engine.trainStep(
        sequences,
        objective,
        optimiser,
        stop && { stop },
      );
      this.#updated = true;
      return report;
    };
    const { sampler } = engine;
    return engineWith(engine, {
      ...this.#sampler(engine),
      trainStep,
      ...(sampler && {
        sampler: async () => this.#sampler(await sampler.call(engine)),
      }),
    });
  }

  #sampler(sampler: Sampler): Sampler {
    const sample: Sampler["sample"] = (requests, options) => {
      const stop = this.#stop(options.stop);
      const { onSampling } = this.#options;
      const onProgress = onSampling &&
        ((progress: SamplingProgress) =>
          onSampling({ ...progress, evaluating: this.#evaluating }));
      return sampler.sample(requests, {
        ...options,
        ...(stop && { stop }),
        ...(onProgress && { onProgress }),
      });
    };
    return { sample };
  }

  /** Returns an evaluation that may be given up at any time, with null for its rows. */
  overEvaluation(evaluate: Evaluate): Evaluate {
    return async (step, setting): Promise<EvaluationRow[] | null> => {
      this.#evaluating = true;
      try {
        return await evaluate(step, setting);
      } catch (error) {
        if (!this.#options.giveUp?.aborted) throw error;
        if (error !== this.#options.giveUp.reason) throw error;
        return null;
      } finally {
        this.#evaluating = false;
      }
    };
  }

  #stop(own?: AbortSignal): AbortSignal | undefined {
    const { giveUp } = this.#options;
    const heard = this.#updated && !this.#evaluating ? undefined : giveUp;
    return own && heard ? AbortSignal.any([own, heard]) : own ?? heard;
  }
}
