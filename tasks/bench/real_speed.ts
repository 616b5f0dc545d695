/**
 * Measures the speed of real programs in three ways: in the sandbox, in two persistent
 * `python3` that run programs in their own process, and in a fork of `python3` for each
 * program. The three ways take turns, pass by pass, so that other work on the machine
 * slows all of them alike.
 */

import {
  type Job,
  type Outcome,
  parseArguments,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import type { PooledExecutor } from "../../lib/sandbox/executor.ts";
import { cpuOf, ownCpu, residentMegabytes, rounded } from "./process_cost.ts";
import { REAL_LIMITS } from "./real_agree.ts";
import { PythonWorker, type RealCase, runOnTwo } from "./real_cases.ts";

/** Number of passes: the code is cold in the first and warm in the last. */
const PASSES = 4;
/** Number of programs that get a fork each: enough for a mean. */
const FORKED = 500;
/** Most fuel of a program that is measured: longer ones would hide all others in a pass. */
const MOST_FUEL = 20_000_000;

/** The cost of one program in one of the three ways. */
interface Pace {
  per_s: number;
  /** CPU of all processes that take part. */
  cpu_ms: number;
}

/** One file's programs in three ways. */
export interface RealSpeed {
  programs: number;
  sandbox_first: Pace;
  sandbox_warm: Pace;
  sandbox_rss_mb: number;
  exec_first: Pace;
  exec_warm: Pace;
  fork: Pace;
}

/** The cost of starting one sandbox process for Python. */
export interface RealStart {
  ready_ms: number;
  cpu_ms: number;
  rss_mb: number;
}

/** Starts one process and stops it again. */
export async function measureStart(): Promise<RealStart> {
  await using executor = await startExecutor({
    languages: ["python"],
    workers: 1,
  });
  const start = performance.now();
  await executor.start();
  return {
    ready_ms: Math.round(performance.now() - start),
    cpu_ms: cpuOf(executor.pids),
    rss_mb: Math.round(residentMegabytes(executor.pids[0])),
  };
}

/** Tells whether a case is one of those whose speed is measured: literal, and not endless. */
export function isOrdinary(item: RealCase, outcome: Outcome): boolean {
  return outcome.kind === "value" && outcome.fuel < MOST_FUEL &&
    parseArguments(item.argument, "python").ok;
}

/** Measures all passes over one file's programs. */
export async function measureSpeed(
  python: string,
  cases: readonly RealCase[],
): Promise<RealSpeed> {
  await using executor = await startExecutor({
    languages: ["python"],
    workers: 2,
    limits: REAL_LIMITS,
  });
  await executor.start();
  const worker = (how: "exec" | "fork") => new PythonWorker(python, how, 1);
  const execs: [PythonWorker, PythonWorker] = [worker("exec"), worker("exec")];
  const forks: [PythonWorker, PythonWorker] = [worker("fork"), worker("fork")];
  const sandbox: Pace[] = [];
  const exec: Pace[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    sandbox.push(await sandboxPass(executor, cases));
    exec.push(await pythonPass(execs, cases));
  }
  const fork = await pythonPass(forks, cases.slice(0, FORKED));
  const rss = Math.max(...executor.pids.map(residentMegabytes));
  await Promise.all([...execs, ...forks].map((one) => one.close()));
  return {
    programs: cases.length,
    sandbox_first: sandbox[0],
    sandbox_warm: sandbox[PASSES - 1],
    sandbox_rss_mb: Math.round(rss),
    exec_first: exec[0],
    exec_warm: exec[PASSES - 1],
    fork,
  };
}

async function sandboxPass(
  executor: PooledExecutor,
  cases: readonly RealCase[],
): Promise<Pace> {
  const { pids } = executor;
  const cpu = cpuOf(pids) + ownCpu();
  const start = performance.now();
  await Promise.all([
    executor.runMany(cases.filter(({ test }) => !test).map(jobOf)),
    ...cases.filter(({ test }) => test).map((item) =>
      executor.test({
        program: jobOf(item).program,
        setup: item.test,
        cases: ["check(candidate)"],
        seed: 0,
      })
    ),
  ]);
  const seconds = (performance.now() - start) / 1000;
  return pace(cases.length, seconds, cpuOf(pids) + ownCpu() - cpu);
}

function jobOf({ source, entry, argument }: RealCase): Job {
  return { program: { language: "python", source, entry }, argument };
}

async function pythonPass(
  workers: readonly [PythonWorker, PythonWorker],
  cases: readonly RealCase[],
): Promise<Pace> {
  const { cpu, seconds } = await runOnTwo(workers, cases);
  return pace(cases.length, seconds, 1000 * cpu);
}

function pace(programs: number, seconds: number, cpuMs: number): Pace {
  return {
    per_s: Math.round(programs / seconds),
    cpu_ms: rounded(cpuMs / programs),
  };
}
