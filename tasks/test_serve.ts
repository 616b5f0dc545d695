/**
 * Tests `deno task serve` as other trainers use it: the adapters in the libraries that
 * they are for, a run in TRL whose rewards are graded again, and the server under load.
 *
 *     deno task test:serve [adapters|trl|load] [--write]
 *
 * Opt-in: the first run downloads about 3 GB into .cache. `--write` keeps the figures of
 * what was run in data/engine/serve.json, of which `deno task report` makes
 * data/engine/serve.md.
 */

import { join } from "node:path";
import { known } from "../lib/method/nearest.ts";
import { machineNow } from "./machine.ts";
import { brokenBounds, type ServeFigures } from "./serve/bounds.ts";
import { loadTest } from "./serve/measure_load.ts";
import { testAdapters, trainByTrl } from "./serve/trainers.ts";
import { readWords, runTask, UsageError } from "./usage.ts";

const USAGE = [
  "deno task test:serve [PART] [OPTIONS]\n",
  "tests the served environment under load, and its adapters in TRL, veRL and verifiers",
  "(first run: 3 GB)",
  "  PART                 adapters, trl or load (default: all three)",
  "  --write              keeps the figures in data/engine/serve.json",
].join("\n");

const PARTS = ["adapters", "trl", "load"];
const FIGURES = join(
  import.meta.dirname!,
  "..",
  "data",
  "engine",
  "serve.json",
);
/** Steps of the run in TRL, a prompt with four responses each: about a minute on two idle cores. */
const STEPS = 2;

async function main(args: readonly string[]): Promise<number> {
  const options = { write: { type: "boolean" } } as const;
  const { values, words: [part] } = readWords(args, options, 1);
  if (part !== undefined && !PARTS.includes(part)) {
    throw new UsageError(`there is no part ${known(part, PARTS)}`);
  }
  const isRun = (name: string) => part === undefined || part === name;
  const figures: ServeFigures = {};
  if (isRun("adapters")) await testAdapters();
  if (isRun("trl")) {
    figures.trl = { ...await trainByTrl(STEPS), ...machineNow() };
    console.log(JSON.stringify(figures));
  }
  if (isRun("load")) {
    figures.load = { ...await loadTest(console.log), ...machineNow() };
  }
  if (values.write) await keep(figures);
  const broken = brokenBounds(figures);
  for (const bound of broken) console.log(`NOT MET: ${bound}`);
  return broken.length > 0 ? 1 : 0;
}

/** Keeps figures beside those of the parts that were not run. */
async function keep(figures: ServeFigures): Promise<void> {
  const before = await Deno.readTextFile(FIGURES).catch(() => "{}");
  const all = { ...JSON.parse(before), ...figures };
  await Deno.writeTextFile(FIGURES, JSON.stringify(all, null, 2) + "\n");
  console.log(FIGURES);
}

if (import.meta.main) await runTask(USAGE, main);
