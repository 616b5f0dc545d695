/**
 * Tests `deno task serve` as other trainers use it: the adapters in the libraries that
 * they are for, a run in TRL whose rewards are graded again, and the server under load.
 *
 *     deno task test:serve [--write]
 *
 * Opt-in: the first run downloads about 3 GB into .cache. `--write` keeps the figures in
 * data/engine/serve.json, of which `deno task report` makes data/engine/serve.md.
 */

import { cpus } from "node:os";
import { join } from "node:path";
import { brokenBounds } from "./serve/bounds.ts";
import { loadTest } from "./serve/measure_load.ts";
import { testAdapters, trainByTrl } from "./serve/trainers.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task test:serve [OPTIONS]\n",
  "tests the served environment under load, and its adapters in TRL, veRL and verifiers",
  "(first run: 3 GB)",
  "  --write              keeps the figures in data/engine/serve.json",
].join("\n");

const FIGURES = join(
  import.meta.dirname!,
  "..",
  "data",
  "engine",
  "serve.json",
);
/** Steps of the run in TRL, a prompt with four responses each: about a minute on two idle cores. */
const STEPS = 3;

async function main(args: readonly string[]): Promise<number> {
  const { values } = readWords(args, { write: { type: "boolean" } });
  await testAdapters();
  const trl = await trainByTrl(STEPS);
  console.log(JSON.stringify({ trl }));
  const load = await loadTest(console.log);
  const figures = {
    command: "deno task test:serve --write",
    hardware: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    loadAverage: Deno.loadavg().map((load) => Number(load.toFixed(1))),
    ...{ trl, load },
  };
  if (values.write) {
    await Deno.writeTextFile(FIGURES, JSON.stringify(figures, null, 2) + "\n");
    console.log(FIGURES);
  }
  const broken = brokenBounds(figures);
  for (const bound of broken) console.log(`NOT MET: ${bound}`);
  return broken.length > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(USAGE, main);
