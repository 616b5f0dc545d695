/**
 * The time of a step in seconds: by stage of the loop, and by requests to the sandbox
 * and to the models. Times are kept out of the metrics, which must be equal from run to
 * run.
 */

import type { Engine } from "../method/engine.ts";
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
export interface Work {
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
type Untimed = "description" | "save" | "load" | "dispose";

type Verb = Exclude<keyof Engine, Untimed>;

/**
 * The timed calls of an engine: their name in the timings, and their number of tokens.
 * A call added to `Engine` has to be listed here or in `Untimed`.
 */
const TIMED: {
  [V in Verb]: {
    name: string;
    tokens: (result: Awaited<ReturnType<Engine[V]>>) => number;
  };
} = {
  sample: {
    name: "sampling",
    tokens: (samples) =>
      samples.flat().reduce((sum, { tokens }) => sum + tokens.length, 0),
  },
  logProbs: {
    name: "scoring",
    tokens: (logProbs) => logProbs.reduce((sum, list) => sum + list.length, 0),
  },
  trainStep: { name: "training", tokens: ({ tokens }) => tokens },
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
  return new Proxy(engine, {
    get(_, key) {
      const value: unknown = Reflect.get(engine, key, engine);
      if (typeof value !== "function") return value;
      const verb = value.bind(engine) as (...args: unknown[]) => unknown;
      if (!Object.hasOwn(TIMED, key)) return verb;
      const { name, tokens } = TIMED[key as Verb];
      return (...args: unknown[]) =>
        watch.time(
          `${role} ${name}`,
          () => verb(...args) as Promise<unknown>,
          tokens as (result: unknown) => number,
        );
    },
  });
}
