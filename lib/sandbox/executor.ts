/**
 * The executor: one pool of sandbox processes for each engine, behind the one
 * interface that the modes know. It adds nothing to a job but its route.
 */

import { makeCacheFolder } from "./processes/cache_folder.ts";
import { limitsWith } from "./limits.ts";
import type { EngineRecipe } from "./language_engine.ts";
import type {
  Executor,
  ExecutorIdentity,
  Job,
  Language,
  Limits,
  Outcome,
} from "./outcome.ts";
import { childStarter, Pool } from "./processes/pool.ts";
import { pythonRecipe } from "./python/python_recipe.ts";
import { quickJsRecipe } from "./javascript/quickjs_recipe.ts";

export interface ExecutorOptions {
  /** Sandbox processes of each engine. */
  workers?: number;
  /** Replacements for some of the default limits. */
  limits?: Partial<Limits>;
  /** Jobs sent to a process at a time; by default 16 to 64, as the queue's length asks. */
  batchSize?: number;
  /** Languages to accept: JavaScript alone unless asked for more. */
  languages?: readonly Language[];
}

const DEFAULT_WORKERS = 2;

/**
 * Starts the sandbox processes and waits until they are ready.
 *
 * The result must be closed, best by `await using`. A process that ends without
 * closing it leaves no child behind either: their input closes with it.
 */
export async function startExecutor(
  options: ExecutorOptions = {},
): Promise<PooledExecutor> {
  const limits = limitsWith(options.limits);
  const languages = options.languages ?? ["javascript"];
  const setsMemory = options.limits?.memoryBytes !== undefined;
  if (setsMemory && languages.includes("python")) {
    throw new RangeError(
      "limits.memoryBytes does not apply to Python, whose memory is fixed: " +
        "leave it out, or start an executor of its own for the other languages",
    );
  }
  const recipes = await recipesFor(languages);
  const executor = new PooledExecutor(
    recipes,
    languages,
    limits,
    options.workers ?? DEFAULT_WORKERS,
    options.batchSize,
  );
  try {
    await executor.start();
  } catch (error) {
    await executor.close();
    throw error;
  }
  return executor;
}

async function recipesFor(
  languages: readonly Language[],
): Promise<EngineRecipe[]> {
  const scripts = languages.filter((language) => language !== "python");
  const recipes = scripts.length > 0 ? [quickJsRecipe(scripts)] : [];
  if (languages.includes("python")) recipes.push(await pythonRecipe());
  return recipes;
}

/** An executor whose languages each have a pool. */
export class PooledExecutor implements Executor {
  readonly identity: ExecutorIdentity;
  readonly #pools = new Map<Language, Pool>();
  readonly #cacheFolder: string;
  #isClosed = false;

  constructor(
    recipes: readonly EngineRecipe[],
    languages: readonly Language[],
    limits: Limits,
    workers: number,
    batchSize?: number,
  ) {
    this.#cacheFolder = makeCacheFolder();
    addEventListener("unload", this.#removeCacheFolder);
    const poolOptions = { workers, wallMs: limits.wallMs, batchSize };
    for (const recipe of recipes) {
      const pool = new Pool(
        childStarter(recipe, limits, this.#cacheFolder),
        poolOptions,
      );
      for (const language of recipe.languages) {
        if (languages.includes(language)) this.#pools.set(language, pool);
      }
    }
    this.identity = {
      engines: Object.fromEntries(
        recipes.flatMap(({ name, identity, parts = {} }) => [
          [name, identity],
          ...Object.entries(parts),
        ]),
      ),
      limits,
    };
  }

  /** Sandbox processes replaced so far: none, unless one was killed from outside. */
  get restarts(): number {
    return this.#distinctPools().reduce((sum, pool) => sum + pool.restarts, 0);
  }

  /** Process numbers of the living sandbox processes. */
  get pids(): number[] {
    return this.#distinctPools().flatMap((pool) => pool.pids);
  }

  async start(): Promise<void> {
    await Promise.all(this.#distinctPools().map((pool) => pool.start()));
  }

  async run(job: Job): Promise<Outcome> {
    return (await this.runMany([job]))[0];
  }

  /** Outcomes in the order of the jobs. Aborting rejects with the signal's reason. */
  async runMany(
    jobs: readonly Job[],
    options: { signal?: AbortSignal } = {},
  ): Promise<Outcome[]> {
    const routes = Map.groupBy(jobs.keys(), (i) => this.#poolFor(jobs[i]));
    const outcomes = new Array<Outcome>(jobs.length);
    await Promise.all([...routes].map(async ([pool, indices]) => {
      const part = await pool.runMany(
        indices.map((i) => jobs[i]),
        options.signal,
      );
      indices.forEach((index, i) => outcomes[index] = part[i]);
    }));
    return outcomes;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all(this.#distinctPools().map((pool) => pool.close()));
    removeEventListener("unload", this.#removeCacheFolder);
    this.#removeCacheFolder();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #distinctPools(): Pool[] {
    return [...new Set(this.#pools.values())];
  }

  #poolFor(job: Job): Pool {
    const { language } = job.program;
    const pool = this.#pools.get(language);
    if (!pool) {
      throw new TypeError(
        `this executor does not run ${language}: start it with ` +
          `languages: [..., "${language}"]`,
      );
    }
    return pool;
  }

  readonly #removeCacheFolder = () => {
    try {
      Deno.removeSync(this.#cacheFolder, { recursive: true });
    } catch { /* a child may still be writing its caches; they are harmless */ }
  };
}
