/**
 * Runs notebooks from the command line.
 *
 *   deno task notebooks [names] [--write] [--timeout SECONDS]
 *
 * Without names all of `notebooks/` is run. With `--write` the outputs are
 * stored, with a static image beside every figure; a notebook that fails is
 * left as it was.
 */

import { dirname, relative } from "node:path";
import {
  findNotebooks,
  readNotebook,
  writeNotebook,
} from "./notebook/notebook_file.ts";
import { describeFailure, runNotebook } from "./notebook/runner.ts";
import { addStaticImages } from "./notebook/static_images.ts";
import { readWords, runTask, UsageError } from "./usage.ts";

const USAGE = [
  "deno task notebooks [NAMES] [--write] [--timeout SECONDS]\n",
  "runs notebooks in a real kernel: those named (00_tour, for example), or all",
  "  --write            store the outputs of those that ran through",
  "  --timeout SECONDS  longest run of a cell (default: 600)",
].join("\n");

/** Runs one notebook; says how it went and whether it succeeded. */
async function runFile(
  path: string,
  write: boolean,
  timeoutMs: number,
): Promise<boolean> {
  const name = relative(Deno.cwd(), path);
  const start = performance.now();
  const notebook = await readNotebook(path);
  const { failure, executed } = await runNotebook(notebook, {
    folder: dirname(path),
    timeoutMs,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (failure) {
    console.error(`FAILED ${name}, ${describeFailure(notebook, failure)}`);
    return false;
  }
  if (write) {
    await addStaticImages(notebook);
    await writeNotebook(path, notebook);
  }
  const done = write ? "run and written" : "run";
  console.log(`${name}: ${done}, ${executed} cells in ${seconds} s`);
  return true;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, words } = readWords(args, {
    write: { type: "boolean", default: false },
    timeout: { type: "string", default: "600" },
  }, Infinity);
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(timeoutMs > 0)) {
    throw new UsageError(
      `--timeout needs a number of seconds, got "${values.timeout}"`,
    );
  }
  let failed = 0;
  for (const path of await findNotebooks(words)) {
    if (!await runFile(path, values.write, timeoutMs)) failed++;
  }
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(USAGE, main);
