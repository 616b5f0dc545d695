/**
 * Measures several programs in turns, each in a process that stays: a line to its
 * standard input asks for the work once, and a line of JSON is the answer.
 *
 * A machine can be a third slower in one minute than in the next, so that only figures
 * of one round are compared. Left out: the work.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

/** The figures of one run of the work. */
export interface RoundFigures {
  seconds: number;
  processor_seconds: number;
  /** Most memory that the process has held so far. */
  peak_bytes: number;
}

/** Runs the work for every line of standard input and prints its figures as JSON. */
export async function answerLines(
  work: () => Promise<RoundFigures>,
): Promise<void> {
  for await (const _ of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await work()));
  }
}

/** Returns the most memory that this process has held, as Linux counts it. */
export function peakBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
}

/** Starts every program, and asks each once to warm up and then once a round, in turns. */
export async function inTurns(
  commands: Record<string, readonly [command: string, ...args: string[]]>,
  rounds: number,
  environment: Record<string, string>,
): Promise<Record<string, RoundFigures[]>> {
  const programs = Object.entries(commands)
    .map(([name, [command, ...args]]) => ({
      name,
      ...asked(command, args, environment),
    }));
  const figures: Record<string, RoundFigures[]> = {};
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const { name, ask } of programs) {
        (figures[name] ??= []).push(await ask());
      }
    }
  } finally {
    for (const { end } of programs) end();
  }
  return figures;
}

/** Starts a program. Its answers that are no JSON are passed over: libraries print too. */
function asked(
  command: string,
  args: readonly string[],
  environment: Record<string, string>,
) {
  const program = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  const lines = createInterface({ input: program.stdout })
    [Symbol.asyncIterator]();
  const ask = async (): Promise<RoundFigures> => {
    program.stdin.write("\n");
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ended before its answer`);
      if (value.startsWith("{")) return JSON.parse(value);
    }
  };
  return { ask, end: () => program.stdin.end() };
}

/** Limits both sides to the same number of threads. Without a number both keep their defaults. */
export function threadLimits(
  threads: string | undefined,
): Record<string, string> {
  return threads === undefined ? {} : {
    OMP_NUM_THREADS: threads,
    TF_NUM_INTRAOP_THREADS: threads,
    TF_NUM_INTEROP_THREADS: threads,
  };
}
