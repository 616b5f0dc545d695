/**
 * `deno task bench executor [--json] [--soak]`: measures the cost of a verdict
 * with two sandbox processes, and in the same run the ways that the sandbox is compared
 * with.
 *
 * Rates are by the clock, so that other work on the machine lowers them. CPU time comes
 * from the system's own accounts and is the steadier number. All texts differ, so that
 * nothing is cached. Left out: the Python rows (bench_executor_python.ts).
 *
 * `--real FOLDER [--python python3] [--json]` takes the programs of public data sets in
 * that folder instead (CRUXEval, HumanEval, MBPP+, official seeds). It also counts on
 * how many of them the sandbox and CPython agree, and names a cause for each of the
 * others (bench/real_programs.ts).
 */

import { type Job, type Outcome, startExecutor } from "../lib/sandbox/mod.ts";
import { workloadJob } from "../tests/sandbox/workload.ts";
import { measurePython } from "./bench_executor_python.ts";
import {
  cpuOf,
  ownCpu,
  residentMegabytes,
  rounded,
} from "./bench/process_cost.ts";
import { benchOptions } from "./bench/options.ts";
import { pythonInterpreter } from "./bench/real_cases.ts";
import { measureReal } from "./bench/real_programs.ts";

const WORKERS = 2;
/** Number of programs that run before compiled code is in use. */
const WARM_UP = 8000;
const TINY = 4000;
const MEDIUM = 48;
const ROUNDS = 5;
const YARDSTICK_PROGRAMS = { vm: 600, realm: 6000, python: 40 };
const SOAK = { programs: 20_000, hostileShare: 0.05 };

/** The measured names with their units. The Python rows and the yardsticks come on top. */
type Measurements = Record<string, number>;

if (import.meta.main) {
  const { values } = benchOptions({
    name: "executor",
    says: "measures the cost of a verdict, and the ways it is compared with",
    options: {
      json: { type: "boolean", says: "print one JSON object" },
      soak: { type: "boolean", says: "run twenty thousand programs besides" },
      real: {
        ...{ type: "string", value: "FOLDER" },
        says: "the programs of public data sets there instead",
      },
      python: {
        ...{ type: "string", default: "python3", value: "NAME" },
        says: "the Python to compare with (default: python3)",
      },
    },
  });
  const measurements = values.real !== undefined
    ? await measureReal(values.real, values.python)
    : {
      ...await measureJavaScript(),
      ...await measureYardsticks(),
      ...values.soak ? await measureSoak() : {},
      ...await measurePython(),
    };
  if (values.json) console.log(JSON.stringify(measurements));
  else print(flat(measurements));
}

/** Returns the parts of a record by their path; those of a list by their place. */
function flat(value: object, path = ""): [name: string, value: unknown][] {
  return Object.entries(value).flatMap(([name, part]) =>
    typeof part === "object" && part !== null
      ? flat(part, `${path}${name} `)
      : [[path + name, part] as [string, unknown]]
  );
}

function print(rows: readonly [name: string, value: unknown][]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) {
    console.log(`${name.padEnd(width)}  ${value}`);
  }
}

async function measureJavaScript(): Promise<Measurements> {
  const start = performance.now();
  await using executor = await startExecutor({
    workers: WORKERS,
    languages: ["javascript", "typescript"],
  });
  await executor.start();
  const coldStart = performance.now() - start;
  const coldCpu = cpuOf(executor.pids) / WORKERS;
  const run = (jobs: Job[]) => executor.runMany(jobs);
  await run(jobs("tiny", 0, WARM_UP));
  const { pids } = executor;
  const tiny = await median(
    run,
    pids,
    (round) => jobs("tiny", WARM_UP + round * TINY, TINY),
  );
  const ten = await median(run, pids, (round) => tenInputs(round, TINY / 10));
  const medium = await median(
    run,
    pids,
    (round) => jobs("medium", round * MEDIUM, MEDIUM),
  );
  const typed = await median(
    run,
    pids,
    (round) => typescript(jobs("tiny", round * TINY, TINY)),
  );
  return {
    js_tiny_per_s: Math.round(tiny.perSecond),
    js_tiny_cpu_us: rounded(1000 * tiny.cpuMs),
    js_tiny_parent_cpu_us: rounded(1000 * tiny.ownCpuMs),
    js_tiny_per_s_on_two_free_cores: Math.round(2000 / tiny.cpuMs),
    ...await measureBatches(),
    js_ten_inputs_cpu_us: rounded(1000 * ten.cpuMs),
    js_medium_per_s: rounded(medium.perSecond),
    js_medium_cpu_ms: rounded(medium.cpuMs),
    ts_tiny_cpu_us: rounded(1000 * typed.cpuMs),
    js_cold_start_ms: Math.round(coldStart),
    js_cold_start_cpu_ms: Math.round(coldCpu),
    js_rss_mb: Math.round(Math.max(...pids.map(residentMegabytes))),
  };
}

/** Measures the same tiny programs in frames of a fixed size. */
async function measureBatches(): Promise<Measurements> {
  const measurements: Measurements = {};
  for (const batchSize of [1, 16, 64]) {
    await using executor = await startExecutor({ workers: WORKERS, batchSize });
    const run = (batch: Job[]) => executor.runMany(batch);
    await run(jobs("tiny", 0, WARM_UP / 2));
    const { perSecond, cpuMs } = await median(
      run,
      executor.pids,
      (round) => jobs("tiny", WARM_UP + round * TINY, TINY / 2),
    );
    measurements[`js_tiny_batch${batchSize}_per_s`] = Math.round(perSecond);
    measurements[`js_tiny_batch${batchSize}_cpu_us`] = rounded(1000 * cpuMs);
  }
  return measurements;
}

/** Measures the alternatives, with as many processes at a time as the executor has. */
async function measureYardsticks(): Promise<Measurements> {
  return {
    vm_tiny_per_s: Math.round(await yardstickRate("vm")),
    same_realm_tiny_per_s: Math.round(await yardstickRate("realm")),
    spawn_python_per_s: rounded(await pythonProcessRate()),
  };
}

async function yardstickRate(kind: "vm" | "realm"): Promise<number> {
  const count = YARDSTICK_PROGRAMS[kind];
  const script = new URL("./bench/executor_yardstick.ts", import.meta.url);
  const times = await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script.href, kind],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const programs = jobs("tiny", worker * count, count)
        .map(({ program, argument }) => [program.source, argument]);
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(JSON.stringify(programs)));
      await writer.close();
      const { stdout } = await child.output();
      return Number(new TextDecoder().decode(stdout));
    }),
  );
  return WORKERS * count / Math.max(...times) * 1000;
}

/** Measures one `python3` process for each program; 0 where there is no Python. */
async function pythonProcessRate(): Promise<number> {
  const count = YARDSTICK_PROGRAMS.python;
  try {
    const interpreter = await pythonInterpreter("python3");
    const start = performance.now();
    await Promise.all(Array.from({ length: WORKERS }, async (_, worker) => {
      for (let i = 0; i < count; i++) {
        const { program, argument } = workloadJob(
          "tiny",
          "python",
          worker * count + i,
        );
        await new Deno.Command(interpreter, {
          args: ["-c", `${program.source}\nprint(repr(f(${argument})))`],
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).output();
      }
    }));
    return WORKERS * count / (performance.now() - start) * 1000;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Runs many programs with hostile ones among them, and watches memory and results. */
async function measureSoak(): Promise<Measurements> {
  const hostile = [
    "x=>{for(;;);}",
    "x=>{const a=[];for(;;)a.push(new Uint8Array(1e6))}",
    "function f(x){return f(x)}",
    "x=>/^(a+)+$/.test('a'.repeat(40)+'b')",
  ];
  await using executor = await startExecutor({
    workers: WORKERS,
    limits: { fuel: 5_000_000 },
  });
  let worst = 0;
  const every = 1 / SOAK.hostileShare;
  for (let done = 0; done < SOAK.programs; done += TINY) {
    const batch = jobs("tiny", done, TINY).map((job, i): Job =>
      i % every === 0
        ? {
          program: {
            language: "javascript",
            source: hostile[i / every % hostile.length],
          },
          argument: "1",
        }
        : job
    );
    const outcomes = await executor.runMany(batch);
    if (outcomes.some(({ kind }: Outcome) => kind === "infrastructure")) {
      throw new Error("the soak lost a result");
    }
    worst = Math.max(worst, ...executor.pids.map(residentMegabytes));
  }
  return { soak_rss_mb: Math.round(worst), soak_restarts: executor.restarts };
}

function jobs(size: "tiny" | "medium", first: number, count: number): Job[] {
  return Array.from(
    { length: count },
    (_, i) => workloadJob(size, "javascript", first + i),
  );
}

/** Measures ten runs of each program, as the check of an induction task makes them. */
function tenInputs(round: number, programs: number): Job[] {
  return jobs("tiny", 50_000 + round * programs, programs)
    .flatMap((job) => Array<Job>(10).fill(job));
}

function typescript(list: readonly Job[]): Job[] {
  return list.map(({ program, argument }) => ({
    program: { ...program, language: "typescript" },
    argument,
  }));
}

interface Cost {
  perSecond: number;
  /** CPU of the sandbox processes and of this one, for one program. */
  cpuMs: number;
  ownCpuMs: number;
}

/** Returns the medians over the rounds. */
async function median(
  run: (jobs: Job[]) => Promise<unknown>,
  pids: readonly number[],
  jobsOf: (round: number) => Job[],
): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const list = jobsOf(round);
    const own = ownCpu();
    const children = cpuOf(pids);
    const start = performance.now();
    await run(list);
    const ownCpuMs = (ownCpu() - own) / list.length;
    costs.push({
      perSecond: list.length / (performance.now() - start) * 1000,
      cpuMs: (cpuOf(pids) - children) / list.length + ownCpuMs,
      ownCpuMs,
    });
  }
  const middle = (of: (cost: Cost) => number) =>
    costs.map(of).toSorted((a, b) => a - b)[ROUNDS >> 1];
  return {
    perSecond: middle((cost) => cost.perSecond),
    cpuMs: middle((cost) => cost.cpuMs),
    ownCpuMs: middle((cost) => cost.ownCpuMs),
  };
}
