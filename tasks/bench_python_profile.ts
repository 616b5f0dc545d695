/**
 * `deno task bench python_profile [FILE] [--json]`: measures the CPU time of
 * a Python child by parts: at its start, in its first programs, and when it is warm.
 *
 * FILE holds CRUXEval (`code` and `input` in lines of JSON). Without FILE the tiny
 * programs of the tests are run; the word `medium` in its place takes those that loop.
 * Each row is a process of its own with other flags of V8: those of the recipe, V8's own,
 * and the baseline compiler alone. Their difference is what a second compilation costs
 * and gives. Times are CPU of all threads.
 *
 * Left out, but for a child's start: frames, pipes and the parent, which
 * `deno task bench executor` measures.
 */

import process from "node:process";

import { startExecutor } from "../lib/sandbox/mod.ts";
import { defaultLimits } from "../lib/sandbox/limits.ts";
import { PythonEngine } from "../lib/sandbox/python/python_engine.ts";
import { PythonInterpreter } from "../lib/sandbox/python/python_interpreter.ts";
import { pythonRecipe } from "../lib/sandbox/python/python_recipe.ts";
import { workload } from "../tests/sandbox/workload.ts";
import { benchOptions } from "./bench/options.ts";

const PASSES = 10;
const PROGRAMS = 500;
const AUDITS = 10;
const STARTS = 5;

interface Profile {
  flags: string;
  /** Milliseconds: the module compiled and an instance made, then the engine ready. */
  instance_ms: number;
  engine_ms: number;
  /** Milliseconds of CPU for each program, pass after pass over the same programs. */
  passes_ms: number[];
  /** Microseconds of CPU for each program, in a further pass. */
  parts_us: Record<string, number>;
  audit_ms: number;
  new_instance_ms: number;
}

async function main(): Promise<void> {
  const { values, words: [file = ""] } = benchOptions({
    name: "python_profile",
    says: "measures the CPU time of a Python child by parts; a word names a\n" +
      "file of CRUXEval, or `medium` for the programs of the tests that loop",
    options: {
      json: { type: "boolean", says: "print one JSON object" },
      measure: {
        type: "boolean",
        says: "be one row of it (used by this command itself)",
      },
    },
    words: 1,
  });
  if (values.measure) {
    return console.log(JSON.stringify(await profile(programsIn(file))));
  }
  const { v8Flags } = await pythonRecipe();
  const [stack] = v8Flags;
  const profiles: Profile[] = [];
  for (const flags of [v8Flags, [stack], [stack, "--liftoff-only"]]) {
    profiles.push({ ...await measured(flags, file), flags: flags.join(" ") });
  }
  const child_start_ms = await childStart();
  console.log(
    values.json
      ? JSON.stringify({ child_start_ms, profiles })
      : `a child's start: ${child_start_ms} ms CPU\n\n${table(profiles)}`,
  );
}

/** Returns the milliseconds of CPU until a child is ready, from the system's accounts in ticks of 10. */
async function childStart(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    await using executor = await startExecutor({
      workers: 1,
      languages: ["python"],
    });
    await executor.start();
    const stat = Deno.readTextFileSync(`/proc/${executor.pids[0]}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    times.push(10 * (Number(fields[11]) + Number(fields[12])));
  }
  return times.toSorted((a, b) => a - b)[STARTS >> 1];
}

async function measured(
  flags: readonly string[],
  file: string,
): Promise<Profile> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", `--v8-flags=${flags.join(",")}`],
      ...[import.meta.url, "--measure", file],
    ],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

function programsIn(file: string): [source: string, argument: string][] {
  if (file === "" || file === "medium") {
    const programs = file
      ? workload(file, "python", 24)
      : workload("tiny", "python", PROGRAMS);
    return programs
      .map(({ program, argument }) => [program.source, argument]);
  }
  return Deno.readTextFileSync(file).trim().split("\n").slice(0, PROGRAMS)
    .map((line) => JSON.parse(line)).map(({ code, input }) => [code, input]);
}

async function profile(
  programs: readonly [string, string][],
): Promise<Omit<Profile, "flags">> {
  const { payload } = await pythonRecipe();
  const before = cpu();
  const interpreter = (await PythonInterpreter.starters(payload))[0]();
  const instance_ms = rounded(cpu() - before);
  const engine = new PythonEngine(interpreter, defaultLimits);
  const engine_ms = rounded(cpu() - before - instance_ms);
  const pass = () => {
    const used = cpu();
    for (const [source, argument] of programs) {
      [...engine.runEach("python", source, [argument], defaultLimits)];
    }
    return cpu() - used;
  };
  const passes_ms: number[] = [];
  for (let number = 0; number < PASSES; number++) {
    passes_ms.push(rounded(pass() / programs.length));
    await new Promise((resolve) => setTimeout(resolve)); // for the compiler's threads
  }
  const parts = timedParts(interpreter);
  const last = pass();
  const known = Object.values(parts).reduce((sum, part) => sum + part);
  parts["arguments and result"] = last - known;
  const each = (ms: number) => Math.round(1000 * ms / programs.length);
  return {
    instance_ms,
    engine_ms,
    passes_ms,
    parts_us: Object.fromEntries(
      Object.entries(parts).map(([name, ms]) => [name, each(ms)]),
    ),
    audit_ms: rounded(median(() => engine.audit())),
    new_instance_ms: rounded(median(() => interpreter.renew())),
  };
}

/** Measures what the engine asks of the interpreter; the sums by part. */
function timedParts(interpreter: PythonInterpreter): Record<string, number> {
  const parts: Record<string, number> = { [CLOCK]: 0 };
  const timed = <A extends unknown[], R>(
    name: string,
    act: (...all: A) => R,
  ) => {
    parts[name] = 0;
    return (...all: A): R => {
      const before = cpu();
      try {
        return act(...all);
      } finally {
        parts[name] += cpu() - before - CLOCK_MS;
        parts[CLOCK] += 2 * CLOCK_MS;
      }
    };
  };
  const { python } = interpreter;
  interpreter.restore = timed(
    "memory put back",
    interpreter.restore.bind(interpreter),
  );
  interpreter.python = {
    ...python,
    Py_CompileStringExFlags: timed(
      "compiled by CPython",
      python.Py_CompileStringExFlags,
    ),
    PyEval_EvalCode: timed("module executed", python.PyEval_EvalCode),
    PyObject_Call: timed("f called", python.PyObject_Call),
  };
  return parts;
}

/** Measures how long a reading of the CPU time takes. */
const CLOCK = "this clock";
const CLOCK_MS = median(() => {});

function median(act: () => unknown): number {
  const times = Array.from({ length: AUDITS }, () => {
    const before = cpu();
    act();
    return cpu() - before;
  });
  return times.toSorted((a, b) => a - b)[AUDITS >> 1];
}

/** Returns the milliseconds of CPU that all threads of this process have used. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function table(profiles: readonly Profile[]): string {
  return profiles.map((profile) =>
    [
      profile.flags,
      `  start: ${profile.instance_ms} ms for the instance, ${profile.engine_ms} ms for the engine`,
      `  a program, pass after pass: ${profile.passes_ms.join(", ")} ms CPU`,
      ...Object.entries(profile.parts_us)
        .map(([name, us]) => `    ${name}: ${us} µs`),
      `  an audit: ${profile.audit_ms} ms; a new instance: ${profile.new_instance_ms} ms`,
    ].join("\n")
  ).join("\n\n");
}

if (import.meta.main) await main();
