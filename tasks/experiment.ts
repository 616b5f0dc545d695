/**
 * `deno task experiment NAME`: plays a preset once per seed and writes the table over
 * all seeds.
 */

import { join } from "node:path";
import { type Preset, presetNamed, PRESETS } from "../lib/lab/presets.ts";
import { runExperiment } from "../lib/lab/run.ts";
import { seedFolder } from "../lib/lab/report_folder.ts";
import { machineNow, writeHardware } from "./machine.ts";
import { experimentReport } from "./report/experiment.ts";
import { readWords, runTask, UsageError, wholeNumbers } from "./usage.ts";

const USAGE = [
  "deno task experiment NAME [--seeds 1,2,3] [--out FOLDER] [--report]\n",
  "plays a preset once per seed and writes the table over all seeds",
  `  NAME               one of ${Object.keys(PRESETS).join(", ")}`,
  "  --seeds 1,2,3      the seeds (default: 1)",
  "  --out FOLDER       where logs and table go (default: runs/NAME)",
  "  --report           only rebuild the table from the logs that are there",
].join("\n");

interface Asked {
  preset: Preset;
  seeds: number[];
  out: string;
  reportOnly: boolean;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const asked = parse(args);
  for (const seed of asked.reportOnly ? [] : asked.seeds) {
    await playSeed(asked, seed);
  }
  const text = experimentReport(asked.preset, asked.out);
  await Deno.writeTextFile(join(asked.out, "report.md"), text);
  console.log(text);
  return 0;
}

function parse(args: readonly string[]): Asked {
  const { values, words: [name] } = readWords(args, {
    seeds: { type: "string", default: "1" },
    out: { type: "string" },
    report: { type: "boolean", default: false },
  }, 1);
  if (name === undefined) throw new UsageError("no preset named");
  try {
    return {
      preset: presetNamed(name),
      seeds: wholeNumbers("--seeds", values.seeds),
      out: values.out ?? join("runs", name),
      reportOnly: values.report,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function playSeed({ preset, out }: Asked, seed: number): Promise<void> {
  const start = performance.now();
  let baseSeconds = 0;
  const folder = seedFolder(out, seed);
  const seconds = () => Math.round((performance.now() - start) / 1000);
  const say = (text: string) =>
    console.log(`${preset.name} seed ${seed}, ${seconds()} s: ${text}`);
  await runExperiment({
    preset,
    seed,
    folder,
    resume: true,
    onPretrain: ({ step, tokens, totalTokens, loss }) => {
      if (step % 500 === 0) {
        say(
          `pretraining ${tokens} of ${totalTokens} tokens, loss ${
            loss.toFixed(2)
          }`,
        );
      }
    },
    onBase: ({ cached }) => {
      baseSeconds = seconds();
      say(`base model ${cached ? "from the cache" : "trained"}`);
    },
    onEvent: (event) => {
      if (event.type === "evaluated") say(`evaluated at step ${event.step}`);
    },
  });
  writeHardware(out, seed, {
    command: `deno task experiment ${preset.name} --seeds ${seed}`,
    seconds: seconds(),
    baseSeconds,
    ...machineNow(),
    threads: Deno.env.get("TF_NUM_INTEROP_THREADS") ?? "all",
    deno: Deno.version.deno,
  });
}

if (import.meta.main) await runTask(USAGE, main);
