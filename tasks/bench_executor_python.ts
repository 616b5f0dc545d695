/**
 * The Python rows of `deno task bench executor`: rate and CPU time of tiny and
 * medium programs, batch sizes, several arguments of one program, cold start and
 * memory, with two sandbox processes.
 *
 * CPU time is that of the sandbox processes and of this one, from the system's own
 * accounts in ticks of 10 ms. On a machine with other work CPU time is the steadier
 * number. Left out: JavaScript and the yardsticks, which `bench_executor.ts` measures.
 */

import { type Job, startExecutor } from "../lib/sandbox/mod.ts";
import { defaultLimits } from "../lib/sandbox/limits.ts";
import { childStarter, Pool } from "../lib/sandbox/processes/pool.ts";
import { pythonRecipe } from "../lib/sandbox/python/python_recipe.ts";
import { workload, workloadJob } from "../tests/sandbox/workload.ts";
import {
  cpuOf,
  ownCpu,
  residentMegabytes,
  rounded,
} from "./bench/process_cost.ts";
import { benchOptions } from "./bench/options.ts";

/** The measured names with their units. */
export interface PythonMeasurements {
  py_tiny_per_s: number;
  py_tiny_cpu_ms: number;
  py_tiny_batch1_per_s: number;
  py_tiny_batch16_per_s: number;
  py_tiny_batch64_per_s: number;
  /** CPU per execution when ten arguments of one program come together. */
  py_ten_inputs_cpu_ms: number;
  py_medium_per_s: number;
  py_medium_cpu_ms: number;
  /** Time until two processes are ready from the cached image, and their CPU time. */
  py_cold_start_ms: number;
  py_cold_start_cpu_ms: number;
  /** Largest resident memory of a sandbox process after the run. */
  py_rss_mb: number;
}

const WORKERS = 2;
/** Number of programs that run before compiled code is in use: the first thousand are slower. */
const WARM_UP = 1500;
const TINY = 1000;
const MEDIUM = 32;
const ROUNDS = 3;

/** Runs the measurements: about 20 s on two idle cores. */
export async function measurePython(): Promise<PythonMeasurements> {
  const recipe = await pythonRecipe(); // the image is made here if it is not cached
  const start = performance.now();
  await using executor = await startExecutor({
    workers: WORKERS,
    languages: ["python"],
  });
  await executor.start();
  const coldStart = performance.now() - start;
  const coldCpu = cpuOf(executor.pids);
  await executor.runMany(workload("tiny", "python", WARM_UP));
  const run = (jobs: Job[]) => executor.runMany(jobs);
  const tiny = await median(run, executor.pids, fresh("tiny", TINY));
  const ten = await median(run, executor.pids, tenInputs(TINY / 10));
  const medium = await median(run, executor.pids, fresh("medium", MEDIUM));
  const rss = Math.max(...executor.pids.map(residentMegabytes));
  const batches: number[] = [];
  for (const batchSize of [1, 16, 64]) {
    batches.push(await batchRate(recipe, batchSize));
  }
  return {
    py_tiny_per_s: Math.round(tiny.perSecond),
    py_tiny_cpu_ms: rounded(tiny.cpuMs),
    py_tiny_batch1_per_s: batches[0],
    py_tiny_batch16_per_s: batches[1],
    py_tiny_batch64_per_s: batches[2],
    py_ten_inputs_cpu_ms: rounded(ten.cpuMs),
    py_medium_per_s: rounded(medium.perSecond),
    py_medium_cpu_ms: rounded(medium.cpuMs),
    py_cold_start_ms: Math.round(coldStart),
    py_cold_start_cpu_ms: Math.round(coldCpu / WORKERS),
    py_rss_mb: Math.round(rss),
  };
}

/** Makes the jobs of a round, with texts that no other round has. */
type RoundJobs = (round: number) => Job[];

function fresh(size: "tiny" | "medium", count: number): RoundJobs {
  return (round) =>
    Array.from(
      { length: count },
      (_, i) => workloadJob(size, "python", WARM_UP + round * count + i),
    );
}

function tenInputs(programs: number): RoundJobs {
  return (round) =>
    fresh("tiny", programs)(ROUNDS + round).flatMap((job) =>
      Array<Job>(10).fill(job)
    );
}

/** Returns rate and CPU time per program: medians over the rounds. */
async function median(
  run: (jobs: Job[]) => Promise<unknown>,
  pids: readonly number[],
  jobsOf: RoundJobs,
): Promise<{ perSecond: number; cpuMs: number }> {
  const rates: number[] = [];
  const cpus: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const jobs = jobsOf(round);
    const cpuBefore = cpuOf(pids) + ownCpu();
    const start = performance.now();
    await run(jobs);
    rates.push(jobs.length / (performance.now() - start) * 1000);
    cpus.push((cpuOf(pids) + ownCpu() - cpuBefore) / jobs.length);
  }
  return { perSecond: middle(rates), cpuMs: middle(cpus) };
}

/** Returns warm programs per second with frames of a fixed size. */
async function batchRate(
  recipe: Awaited<ReturnType<typeof pythonRecipe>>,
  batchSize: number,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "bench-executor-" });
  const pool = new Pool(childStarter(recipe, defaultLimits, folder), {
    workers: WORKERS,
    limits: defaultLimits,
    batchSize,
  });
  try {
    await pool.start();
    await pool.runMany(workload("tiny", "python", WARM_UP));
    const run = (jobs: Job[]) => pool.runMany(jobs);
    const { perSecond } = await median(run, pool.pids, fresh("tiny", TINY / 2));
    return Math.round(perSecond);
  } finally {
    await pool.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

if (import.meta.main) {
  benchOptions({
    name: "executor_python",
    says: "measures the Python rows of bench executor; prints one JSON object",
    options: {},
  });
  console.log(JSON.stringify(await measurePython()));
}
