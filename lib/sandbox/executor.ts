/**
 * The executor: one pool of sandbox processes for each engine, behind the one
 * interface that the modes know. It checks what it is handed, and gives each job to
 * its language's pool; the engines and their processes are started when used first.
 *
 * This file is also a door for those who want the executor alone: unlike `mod.ts` it
 * needs no package by name and so no configuration.
 */

import { checkEach, checkJob, checkTest, LANGUAGES } from "./checks.ts";
import { quickJsRecipe } from "./javascript/quickjs_recipe.ts";
import type { EngineName, EngineRecipe } from "./language_engine.ts";
import { limitsWith } from "./limits.ts";
import type {
  Executor,
  ExecutorIdentity,
  Job,
  Language,
  Limits,
  Outcome,
  TestReport,
  TestRun,
} from "./outcome.ts";
import { makeCacheFolder } from "./processes/cache_folder.ts";
import { checkOptions, type ExecutorOptions } from "./options.ts";
import type { PoolJob } from "./processes/job_queue.ts";
import { childStarter, Pool } from "./processes/pool.ts";
import { pythonRecipe } from "./python/python_recipe.ts";
import { thisMachine, workersFor } from "./workers.ts";

export { describeOutcome } from "./describe.ts";
export type { ExecutorOptions } from "./options.ts";
export {
  type Details,
  type Executor,
  type ExecutorIdentity,
  type Job,
  type JobLimits,
  type JobOptions,
  type Language,
  type Limits,
  type Outcome,
  type Program,
  SCRIPT,
  type TestCase,
  type TestReport,
  type TestRun,
} from "./outcome.ts";

/** An element of a stream: the outcome of the job with that index. */
export interface StreamedOutcome {
  index: number;
  outcome: Outcome;
}

/**
 * Makes an executor. It reads the module of every engine that `languages` needs. An
 * engine's processes start with its first job, or by `start()`.
 *
 * The executor has to be closed, best by `await using`. A process that ends without
 * closing its executor leaves no child behind: the children end when their input closes.
 */
export async function startExecutor(
  options: ExecutorOptions = {},
): Promise<PooledExecutor> {
  checkOptions(options);
  const executor = new PooledExecutor(options);
  try {
    await executor.prepare(options.languages ?? []);
  } catch (error) {
    await executor.close();
    throw error;
  }
  return executor;
}

/** An engine in use: its pool, and its part of the identity. */
interface Engine {
  recipe: EngineRecipe;
  pool: Pool;
}

/** An executor with a pool of processes for each engine. */
export class PooledExecutor implements Executor {
  readonly #options: ExecutorOptions;
  readonly #limits: Limits;
  readonly #languages: readonly Language[];
  readonly #engines = new Map<EngineName, Promise<Engine>>();
  /** The engines that are ready. */
  readonly #ready: Engine[] = [];
  readonly #cacheFolder: string;
  #isClosed = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#limits = limitsWith(options.limits);
    this.#languages = options.languages ?? LANGUAGES;
    this.#cacheFolder = makeCacheFolder();
    addEventListener("unload", this.#removeCacheFolder);
  }

  /** The limits, and all engines named or used so far, which decide the verdicts. */
  get identity(): ExecutorIdentity {
    const parts = this.#ready.flatMap(({ recipe }) => [
      [recipe.name, recipe.identity] as const,
      ...Object.entries(recipe.parts ?? {}),
    ]);
    return { engines: Object.fromEntries(parts), limits: this.#limits };
  }

  /** Number of sandbox processes replaced so far: 0 unless one was killed from outside. */
  get restarts(): number {
    return this.#ready.reduce((sum, { pool }) => sum + pool.restarts, 0);
  }

  /** Process numbers of the living sandbox processes. */
  get pids(): number[] {
    return this.#ready.flatMap(({ pool }) => pool.pids);
  }

  /** Reads the modules of the languages' engines. */
  async prepare(languages: readonly Language[]): Promise<void> {
    await Promise.all(languages.map((language) => this.#engine(language)));
  }

  /** Starts all processes now and waits until they are ready. */
  async start(
    languages: readonly Language[] = this.#languages,
  ): Promise<void> {
    await this.prepare(languages);
    await Promise.all(this.#ready.map(({ pool }) => pool.start()));
  }

  async run(job: Job): Promise<Outcome> {
    this.#checkJob(job, "job");
    return (await this.#runAll([job]))[0];
  }

  /** Returns the outcomes in the order of the jobs. Aborting rejects with the signal's reason. */
  async runMany(
    jobs: readonly Job[],
    options: { signal?: AbortSignal } = {},
  ): Promise<Outcome[]> {
    this.#checkJobs(jobs);
    return await this.#runAll(jobs, options.signal);
  }

  /** Yields each outcome as soon as it is known. Leaving the loop aborts the other jobs. */
  stream(
    jobs: readonly Job[],
    options: { signal?: AbortSignal } = {},
  ): ReadableStream<StreamedOutcome> {
    this.#checkJobs(jobs);
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, options.signal ?? []].flat());
    return new ReadableStream({
      start: (controller) => {
        this.#runEach(jobs, (index, outcome) => {
          if (!left.signal.aborted) controller.enqueue({ index, outcome });
        }, signal).then(
          () => controller.close(),
          (error) => left.signal.aborted || controller.error(error),
        );
      },
      cancel: (reason) => left.abort(reason),
    });
  }

  /** Runs a program against test code and returns the outcome of each case. */
  async test(
    test: TestRun,
    options: { signal?: AbortSignal } = {},
  ): Promise<TestReport> {
    checkTest(test, this.#limits, "test");
    this.#requireAccepted(test.program.language);
    const { cases, setup = "", ...rest } = test;
    const jobs = cases.map((argument): PoolJob => ({
      ...rest,
      argument,
      testSetup: setup,
    }));
    const outcomes = await this.#runAll(jobs, options.signal);
    const report = outcomes.map((outcome) => ({
      passed: outcome.kind === "value",
      outcome,
    }));
    return { passed: report.every(({ passed }) => passed), cases: report };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled(this.#engines.values());
    await Promise.all(this.#ready.map(({ pool }) => pool.close()));
    removeEventListener("unload", this.#removeCacheFolder);
    this.#removeCacheFolder();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #runAll(
    jobs: readonly PoolJob[],
    signal?: AbortSignal,
  ): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(jobs.length);
    const keep = (index: number, outcome: Outcome) => outcomes[index] = outcome;
    await this.#runEach(jobs, keep, signal);
    return outcomes;
  }

  async #runEach(
    jobs: readonly PoolJob[],
    tell: (index: number, outcome: Outcome) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#isClosed) throw new Error("the executor is closed");
    signal?.throwIfAborted();
    const routes = Map.groupBy(
      jobs.keys(),
      (i) => engineOf(jobs[i].program.language),
    );
    await Promise.all([...routes.values()].map(async (indices) => {
      const part = indices.map((i) => jobs[i]);
      const { pool } = await this.#engine(part[0].program.language);
      const told = (i: number, outcome: Outcome) => tell(indices[i], outcome);
      await pool.runEach(part, told, signal);
    }));
  }

  #checkJobs(jobs: readonly Job[]): void {
    checkEach(jobs, "jobs", (job, at) => this.#checkJob(job, at));
  }

  #checkJob(job: Job, at: string): void {
    checkJob(job, this.#limits, at);
    this.#requireAccepted(job.program.language);
  }

  #requireAccepted(language: Language): void {
    if (this.#languages.includes(language)) return;
    throw new TypeError(
      `this executor does not run ${language}: start it with ` +
        `languages: [..., "${language}"]`,
    );
  }

  /** Returns the engine of a language: made once, however many ask. */
  #engine(language: Language): Promise<Engine> {
    const name = engineOf(language);
    const known = this.#engines.get(name);
    if (known) return known;
    const made = this.#makeEngine(name);
    this.#engines.set(name, made);
    made.catch(() => this.#engines.delete(name)); // the next job tries again
    return made;
  }

  async #makeEngine(name: EngineName): Promise<Engine> {
    const languages = this.#languages.filter((one) => engineOf(one) === name);
    const recipe = name === "pyodide"
      ? await pythonRecipe()
      : quickJsRecipe(languages);
    const { workers = workersFor(name, thisMachine()), batchSize } =
      this.#options;
    const pool = new Pool(
      childStarter(recipe, this.#limits, this.#cacheFolder),
      { workers, limits: this.#limits, batchSize },
    );
    const engine = { recipe, pool };
    this.#ready.push(engine);
    return engine;
  }

  readonly #removeCacheFolder = () => {
    try {
      Deno.removeSync(this.#cacheFolder, { recursive: true });
    } catch { /* a child may still be writing its caches; they are harmless */ }
  };
}

function engineOf(language: Language): EngineName {
  return language === "python" ? "pyodide" : "quickjs";
}
