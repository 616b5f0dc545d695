/**
 * The time of a step in seconds: by stage of the loop, and by requests to the sandbox
 * and to the models. Times are kept out of the metrics, which must be equal from run to
 * run.
 */

import type { Engine, Sampler } from "../method/engine.ts";
import { engineWith } from "../method/engine_with.ts";
import type { Executor, Job } from "../sandbox/mod.ts";

/** One line of `timings.jsonl`. */
export interface TimingRow {
  step: number;
  /** Seconds from the previous event to the event of that name; "saved" is the checkpoint. */
  seconds: Record<string, number>;
  /** Requests by kind, with their number, amount and time. */
  work: Record<string, Work>;
}

/** Requests of one kind. `amount` counts jobs of the executor, and tokens of the models. */
interface Work {
  calls: number;
  amount: number;
  seconds: number;
}

export class Stopwatch {
  #last = performance.now();
  #seconds: Record<string, number> = {};
  #work: Record<string, Work> = {};

  /** Adds the time since the last mark to a name. */
  mark(name: string): void {
    const now = performance.now();
    const spent = (now - this.#last) / 1000;
    this.#seconds[name] = (this.#seconds[name] ?? 0) + spent;
    this.#last = now;
  }

  /** Returns the row of a finished step and resets all times. */
  take(step: number): TimingRow {
    const round = (seconds: number) => Number(seconds.toFixed(4));
    const row: TimingRow = { step, seconds: {}, work: {} };
    for (const [name, seconds] of Object.entries(this.#seconds)) {
      row.seconds[name] = round(seconds);
    }
    for (const [name, work] of Object.entries(this.#work)) {
      row.work[name] = { ...work, seconds: round(work.seconds) };
    }
    this.#seconds = {};
    this.#work = {};
    return row;
  }

  /** Times a request; `amountOf` returns the amount of its result. */
  async time<Result>(
    name: string,
    ask: () => Promise<Result>,
    amountOf: (result: Result) => number,
  ): Promise<Result> {
    const start = performance.now();
    const result = await ask();
    const work = this.#work[name] ??= { calls: 0, amount: 0, seconds: 0 };
    work.calls++;
    work.amount += amountOf(result);
    work.seconds += (performance.now() - start) / 1000;
    return result;
  }
}

/** Returns the executor with its jobs timed. */
export function timedExecutor(executor: Executor, watch: Stopwatch): Executor {
  return {
    get identity() {
      return executor.identity; // grows as languages start
    },
    run: (job) => watch.time("executor", () => executor.run(job), () => 1),
    runMany: (jobs: readonly Job[], options) =>
      watch.time(
        "executor",
        () => executor.runMany(jobs, options),
        (outcomes) => outcomes.length,
      ),
    close: () => executor.close(),
    [Symbol.asyncDispose]: () => executor.close(),
  };
}

/** The members that are not timed: they are fast, or a stage of the loop includes them. */
type Untimed = "description" | "save" | "load" | "dispose" | "sampler";

type Verb = Exclude<keyof Engine, Untimed>;

/** The names of an engine's calls in the timings. A call added to `Engine` is listed here or in `Untimed`. */
const NAMES: Record<Verb, string> = {
  sample: "sampling",
  logProbs: "scoring",
  trainStep: "training",
};

/**
 * Returns an engine with its sampling and training timed, under names that begin with
 * `role`. Everything else is the engine's own.
 */
export function timedEngine(
  engine: Engine,
  role: string,
  watch: Stopwatch,
): Engine {
  const name = (verb: Verb) => `${role} ${NAMES[verb]}`;
  const timed = (sampler: Sampler): Sampler => ({
    sample: (...asked) =>
      watch.time(
        name("sample"),
        () => sampler.sample(...asked),
        (samples) =>
          samples.flat().reduce((sum, { tokens }) => sum + tokens.length, 0),
      ),
  });
  const { sampler } = engine;
  return engineWith(engine, {
    ...timed(engine),
    logProbs: (sequences) =>
      watch.time(
        name("logProbs"),
        () => engine.logProbs(sequences),
        (lists) => lists.reduce((sum, list) => sum + list.length, 0),
      ),
    trainStep: (...asked) =>
      watch.time(
        name("trainStep"),
        () => engine.trainStep(...asked),
        ({ tokens }) => tokens,
      ),
    ...(sampler && { sampler: async () => timed(await sampler.call(engine)) }),
  });
}
