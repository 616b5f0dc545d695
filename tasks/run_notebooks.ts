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
import { parseArgs } from "node:util";
import {
  findNotebooks,
  readNotebook,
  writeNotebook,
} from "./notebook/notebook_file.ts";
import { describeFailure, runNotebook } from "./notebook/runner.ts";
import { addStaticImages } from "./notebook/static_images.ts";

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

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      write: { type: "boolean", default: false },
      timeout: { type: "string", default: "600" },
    },
  });
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(timeoutMs > 0)) {
    console.error(`--timeout ${values.timeout}: give a number of seconds`);
    Deno.exit(2);
  }
  let failed = 0;
  for (const path of await findNotebooks(positionals)) {
    if (!await runFile(path, values.write, timeoutMs)) failed++;
  }
  // jsdom keeps timers alive.
  Deno.exit(failed > 0 ? 1 : 0);
}
