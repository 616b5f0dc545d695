/**
 * Programs of public data sets, and CPython's results on them: the TypeScript side of
 * `real_reference.py`.
 */

import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./real_reference.py", import.meta.url));

/** A program to run: a call whose value counts, or a test that has to pass. */
export interface RealCase {
  file: string;
  id: string;
  source: string;
  entry: string;
  argument: string;
  /** Test code that defines `check(candidate)`. */
  test?: string;
  /** The output that the data set itself gives. */
  recorded?: string;
}

/** CPython's result of a case: the `repr` of the value, or the name of the error. */
export type Reference = { value: string } | { error: string };

/** An answer to a list of cases. */
export interface ReferenceRun {
  results: Reference[];
  /** CPU and wall seconds, those of forks included. */
  cpu: number;
  seconds: number;
}

/** Returns the path of Python itself: the program in PATH may be a version manager's script. */
export async function pythonInterpreter(name: string): Promise<string> {
  const { stdout } = await new Deno.Command(name, {
    args: ["-c", "import sys; print(sys.executable)"],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Returns the cases of all files below a folder, in order. */
export async function readCases(
  python: string,
  folder: string,
): Promise<RealCase[]> {
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: [SCRIPT, "cases", folder],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const cases: RealCase[] = lines[0]
    ? lines.map((line) => JSON.parse(line))
    : [];
  if (cases.length === 0) {
    throw new Error(
      `${folder} holds no programs that are known: it needs the JSON lines of ` +
        "CRUXEval, HumanEval, MBPP+ or the official seeds",
    );
  }
  return cases;
}

/** A persistent `python3` that runs cases without any isolation. */
export class PythonWorker {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(python: string, how: "exec" | "fork", hashSeed: number) {
    this.#process = new Deno.Command(python, {
      args: [SCRIPT, "serve", how],
      env: { PYTHONHASHSEED: String(hashSeed) },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
  }

  async run(cases: readonly RealCase[]): Promise<ReferenceRun> {
    const request = `${JSON.stringify(cases)}\n`;
    const sent = this.#writer.write(new TextEncoder().encode(request));
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("python3 ended while it ran programs");
      this.#text += value;
    }
    await sent;
    const [line, ...rest] = this.#text.split("\n");
    this.#text = rest.join("\n");
    return JSON.parse(line);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#process.status;
  }
}

/** Deals cases out to two workers, and puts their answers together in order. */
export async function runOnTwo(
  workers: readonly [PythonWorker, PythonWorker],
  cases: readonly RealCase[],
): Promise<ReferenceRun> {
  const runs = await Promise.all(
    workers.map((worker, which) =>
      worker.run(cases.filter((_, i) => i % 2 === which))
    ),
  );
  return {
    results: cases.map((_, i) => runs[i % 2].results[i >> 1]),
    cpu: runs[0].cpu + runs[1].cpu,
    seconds: Math.max(runs[0].seconds, runs[1].seconds),
  };
}
