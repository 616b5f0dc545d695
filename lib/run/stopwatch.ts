/**
 * Where a step's time goes: seconds by stage of the loop, and by what was asked
 * of the sandbox and of the models. Kept out of the metrics, which must be equal
 * from run to run.
 */

import type { Engine } from "../method/engine.ts";
import type { Executor, Job } from "../sandbox/mod.ts";

/** One line of `timings.jsonl`. */
export interface TimingRow {
  step: number;
  /** Seconds from the event before to the event named; "saved" is the checkpoint. */
  seconds: Record<string, number>;
  /** Work by kind: how often it was asked for, how much of it, how long it took. */
  work: Record<string, Work>;
}

/** `amount` counts jobs for the executor, tokens for the models. */
export interface Work {
  calls: number;
  amount: number;
  seconds: number;
}

export class Stopwatch {
  #last = performance.now();
  #seconds: Record<string, number> = {};
  #work: Record<string, Work> = {};

  /** Books the time since the last mark under a name. */
  mark(name: string): void {
    const now = performance.now();
    const spent = (now - this.#last) / 1000;
    this.#seconds[name] = (this.#seconds[name] ?? 0) + spent;
    this.#last = now;
  }

  /** The row of a finished step; starts anew. */
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

  /** Times something asked for; `amountOf` says how much it was. */
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

/** The executor with its jobs timed. */
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

/** What takes no time worth telling, or is told by the stage it is in. */
type Untimed = "description" | "save" | "load" | "dispose";

type Verb = Exclude<keyof Engine, Untimed>;

/**
 * The verbs that are timed: their name in the timings, and the tokens they handled.
 * A verb added to `Engine` has to be named here or among `Untimed`.
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
 * An engine with its sampling and training timed, under names that begin with
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
