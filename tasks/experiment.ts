/**
 * `deno task experiment NAME [--seeds 1,2,3] [--out FOLDER] [--report]`: plays a
 * preset once per seed and writes the table over all seeds. With `--report` it
 * only rebuilds the table from the logs that are there.
 */

import { join } from "node:path";
import { cpus } from "node:os";
import { type Preset, presetNamed } from "../lib/lab/presets.ts";
import { runExperiment } from "../lib/lab/run.ts";
import { seedFolder, writeHardware } from "../lib/lab/report_folder.ts";
import { experimentReport } from "./report/experiment.ts";

const USAGE =
  "usage: deno task experiment NAME [--seeds 1,2,3] [--out FOLDER] [--report]";

interface Asked {
  preset: Preset;
  seeds: number[];
  out: string;
  reportOnly: boolean;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = parse([...args]);
  } catch (error) {
    console.error(`experiment: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  for (const seed of asked.reportOnly ? [] : asked.seeds) {
    await playSeed(asked, seed);
  }
  const text = experimentReport(asked.preset, asked.out);
  await Deno.writeTextFile(join(asked.out, "report.md"), text);
  console.log(text);
  return 0;
}

function parse(args: string[]): Asked {
  const [name, ...rest] = args;
  if (!name) throw new Error("no preset named");
  const preset = presetNamed(name);
  const asked: Asked = {
    preset,
    seeds: [1],
    out: join("runs", name),
    reportOnly: false,
  };
  while (rest.length > 0) {
    const option = rest.shift();
    if (option === "--report") asked.reportOnly = true;
    else if (option === "--out") asked.out = wanted(option, rest.shift());
    else if (option === "--seeds") {
      asked.seeds = wanted(option, rest.shift()).split(",").map(Number);
      if (!asked.seeds.every(Number.isInteger)) {
        throw new Error("--seeds takes whole numbers, for example 1,2,3");
      }
    } else throw new Error(`unknown option ${option}`);
  }
  return asked;
}

function wanted(option: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`${option} needs a value`);
  return value;
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
  const [{ model }] = cpus();
  writeHardware(out, seed, {
    command: `deno task experiment ${preset.name} --seeds ${seed}`,
    seconds: seconds(),
    baseSeconds,
    hardware: `${navigator.hardwareConcurrency} x ${model}`,
    loadAverage: Deno.loadavg().map((load) => Number(load.toFixed(1))),
    threads: Deno.env.get("TF_NUM_INTEROP_THREADS") ?? "all",
    deno: Deno.version.deno,
  });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
