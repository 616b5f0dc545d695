/**
 * `deno task data get NAME`: fetches the file of a benchmark from its public source, or
 * takes one that is here already (`--from FILE`), and puts it where `deno task evaluate`
 * finds it.
 */

import { benchmarkNamed } from "../lib/lab/benchmarks/benchmarks.ts";
import { getBenchmark } from "./data/get.ts";
import { SOURCES } from "./data/sources.ts";
import { runSteps } from "./setup/steps.ts";
import { helpHint, readWords, runTask, UsageError } from "./usage.ts";

const USAGE = [
  "deno task data get NAME [--from FILE] [--to FOLDER]\n",
  "--from takes a file that is on this machine: JSON lines, gzipped or not, or Parquet",
  "--to is where it goes (default: benchmarks, as for deno task evaluate)",
  "NAME is one of",
  ...Object.keys(SOURCES).map((name) =>
    `  ${name}: ${benchmarkNamed(name).source}`
  ),
].join("\n");

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    console.log(USAGE);
    return 0;
  }
  try {
    const { values, words: [verb, name, ...rest] } = readWords(args, {
      from: { type: "string" },
      to: { type: "string", default: "benchmarks" },
    }, Infinity);
    if (verb !== "get" || name === undefined || rest.length > 0) {
      throw new TypeError(`not understood: ${args.join(" ")}`);
    }
    const benchmark = benchmarkNamed(name);
    await runSteps([{
      title: name,
      work: (progress) =>
        getBenchmark(benchmark, values.to, values.from, progress),
    }], "give the same command again");
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isUsage = error instanceof TypeError ||
      error instanceof RangeError || error instanceof UsageError;
    console.error(
      `data: ${error.message}${isUsage ? `\n${helpHint("data")}` : ""}`,
    );
    return isUsage ? 2 : 1;
  }
}

if (import.meta.main) await runTask(USAGE, main);
