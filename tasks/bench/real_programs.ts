/**
 * The section of `deno task bench executor` on real programs: it counts, file by file, on
 * how many the sandbox agrees with CPython, and measures their cost.
 */

import { startExecutor } from "../../lib/sandbox/mod.ts";
import {
  type Agreement,
  agreements,
  REAL_LIMITS,
  sandboxOutcomes,
} from "./real_agree.ts";
import {
  pythonInterpreter,
  PythonWorker,
  readCases,
  runOnTwo,
} from "./real_cases.ts";
import {
  isOrdinary,
  measureSpeed,
  measureStart,
  type RealSpeed,
  type RealStart,
} from "./real_speed.ts";

/** The findings of the section. */
export interface RealMeasurements {
  /** The version of the Python that the sandbox is compared with. */
  cpython: string;
  /** The command, the processor and its cores, and the load of the minute before. */
  command: string;
  processor: string;
  cores: number;
  load: number;
  engines: Record<string, { version: string; sha256: string }>;
  limits: typeof REAL_LIMITS;
  agree: Record<string, Agreement>;
  start: RealStart;
  speed: Record<string, RealSpeed>;
}

/** Measures all programs that are known in the files of a folder. */
export async function measureReal(
  folder: string,
  pythonName: string,
): Promise<RealMeasurements> {
  const load = Deno.loadavg()[0];
  const python = await pythonInterpreter(pythonName);
  const cases = await readCases(python, folder);
  const references = await Promise.all([1, 2].map(async (hashSeed) => {
    const workers = [0, 1].map(() =>
      new PythonWorker(python, "exec", hashSeed)
    );
    const { results } = await runOnTwo([workers[0], workers[1]], cases);
    await Promise.all(workers.map((worker) => worker.close()));
    return results;
  }));
  await using executor = await startExecutor({
    languages: ["python"],
    workers: 2,
    limits: REAL_LIMITS,
  });
  const outcomes = await sandboxOutcomes(executor, cases);
  const version = await versionOf(python);
  const agree = agreements(cases, outcomes, references, version);
  await executor.close();
  const ordinary = cases.filter((item, i) => isOrdinary(item, outcomes[i]));
  const speed: Record<string, RealSpeed> = {};
  for (const [file, list] of Map.groupBy(ordinary, ({ file }) => file)) {
    speed[file] = await measureSpeed(python, list);
  }
  return {
    cpython: version,
    command: "deno task bench executor --real FOLDER --json",
    processor: processorName(),
    cores: navigator.hardwareConcurrency,
    load,
    engines: executor.identity.engines,
    limits: REAL_LIMITS,
    agree,
    start: await measureStart(),
    speed,
  };
}

async function versionOf(python: string): Promise<string> {
  const { stdout } = await new Deno.Command(python, {
    args: ["-c", "import platform; print(platform.python_version())"],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

function processorName(): string {
  const text = Deno.readTextFileSync("/proc/cpuinfo");
  return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? "unknown";
}
