/**
 * Where a step's time goes: seconds by stage of the loop, and by what was asked
 * of the sandbox and of the models. Kept out of the metrics, which must be equal
 * from run to run.
 */

import type { Engine } from "../engine/engine.ts";
import type { Executor, Job } from "../executor/mod.ts";

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
    identity: executor.identity,
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

/** An engine with its sampling and training timed, under names that begin with `role`. */
export function timedEngine(
  engine: Engine,
  role: string,
  watch: Stopwatch,
): Engine {
  return {
    get description() {
      return engine.description;
    },
    sample: (requests, options) =>
      watch.time(
        `${role} sampling`,
        () => engine.sample(requests, options),
        (samples) =>
          samples.flat().reduce((sum, { tokens }) => sum + tokens.length, 0),
      ),
    logProbs: (sequences) =>
      watch.time(
        `${role} scoring`,
        () => engine.logProbs(sequences),
        (logProbs) => logProbs.reduce((sum, list) => sum + list.length, 0),
      ),
    trainStep: (sequences, objective, optimiser) =>
      watch.time(
        `${role} training`,
        () => engine.trainStep(sequences, objective, optimiser),
        ({ tokens }) => tokens,
      ),
    save: (folder) => engine.save(folder),
    load: (folder) => engine.load(folder),
    dispose: () => engine.dispose(),
  };
}
