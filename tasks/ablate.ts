/**
 * `deno task ablate STUDY [--arms a,b] [--seeds 1,2,3] [--out FOLDER] [--report]`:
 * plays the arms of a study and writes the table that compares them. `--list` shows
 * the studies and their arms; `--report` only rebuilds the table from the logs;
 * `--rebuild` plays recorded arms anew, compares the hashes of their final weights and
 * keeps the weights in `--work FOLDER`. A study in words is played by the language model
 * in `--model FOLDER`.
 */

import { cpus } from "node:os";
import { basename, join } from "node:path";
import {
  type Arm,
  armNamed,
  armPreset,
  STUDIES,
  type Study,
  studyNamed,
} from "../lib/lab/studies.ts";
import { checkPreset } from "../lib/lab/run.ts";
import { playArm, rebuildArm } from "../lib/lab/study_run.ts";
import { studyReport } from "./report/study.ts";

const USAGE =
  "usage: deno task ablate STUDY [--arms a,b] [--seeds 1,2,3] [--model FOLDER] [--out FOLDER] [--work FOLDER] [--report | --rebuild | --list]";

interface Asked {
  study: Study;
  arms: Arm[];
  seeds: number[];
  out: string;
  work: string;
  model?: string;
  reportOnly: boolean;
  rebuild: boolean;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--list")) return list();
  let asked: Asked;
  try {
    asked = parse([...args]);
  } catch (error) {
    console.error(`ablate: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (asked.rebuild) return await rebuild(asked);
  if (!asked.reportOnly) await play(asked);
  const text = studyReport(asked.study, asked.out);
  await Deno.writeTextFile(join(asked.out, "report.md"), text);
  console.log(text);
  return 0;
}

function list(): number {
  for (const { name, says, arms } of Object.values(STUDIES)) {
    console.log(`${name}: ${says}`);
    for (const arm of arms) console.log(`  ${arm.name.padEnd(24)} ${arm.says}`);
  }
  return 0;
}

function parse(args: string[]): Asked {
  const [name, ...rest] = args;
  if (!name) throw new Error("no study named");
  const study = studyNamed(name);
  const asked: Asked = {
    study,
    arms: study.arms,
    seeds: [1, 2, 3],
    out: join("runs", "studies", name, "logs"),
    work: join("runs", "studies", name, "runs"),
    reportOnly: false,
    rebuild: false,
  };
  while (rest.length > 0) {
    const option = rest.shift()!;
    if (option === "--report") asked.reportOnly = true;
    else if (option === "--rebuild") {
      asked.rebuild = true;
      asked.work = join("runs", "studies", name, "rebuilt");
    } else setOption(asked, option, rest.shift());
  }
  return asked;
}

function setOption(
  asked: Asked,
  option: string,
  value: string | undefined,
): void {
  if (value === undefined) throw new Error(`${option} needs a value`);
  switch (option) {
    case "--out":
      asked.out = value;
      return;
    case "--work":
      asked.work = value;
      return;
    case "--model":
      asked.model = value;
      return;
    case "--arms":
      asked.arms = value.split(",").map((arm) => armNamed(asked.study, arm));
      return;
    case "--seeds":
      asked.seeds = value.split(",").map(Number);
      if (asked.seeds.every(Number.isInteger)) return;
      throw new Error("--seeds takes whole numbers, for example 1,2,3");
  }
  throw new Error(`unknown option ${option}`);
}

/** Seed by seed, so that an interrupted study has whole comparisons. */
async function play(asked: Asked): Promise<void> {
  const { study, out, work, model: played } = asked;
  // An arm that cannot be played is to end the command before hours of the others.
  for (const arm of asked.arms) checkPreset(armPreset(study, arm));
  const [{ model }] = cpus();
  for (const seed of asked.seeds) {
    for (const arm of asked.arms) {
      const start = performance.now();
      const fresh = await playArm(
        study,
        arm,
        seed,
        { logs: out, work, model: played },
        () => ({
          command:
            `deno task ablate ${study.name} --arms ${arm.name} --seeds ${seed}` +
            (played ? ` --model ${basename(played)}` : ""),
          hardware: `${navigator.hardwareConcurrency} x ${model}`,
          loadAverage: Deno.loadavg().map((load) => Number(load.toFixed(1))),
          threads: Deno.env.get("TF_NUM_INTEROP_THREADS") ?? "all",
          deno: Deno.version.deno,
        }),
      );
      const seconds = Math.round((performance.now() - start) / 1000);
      console.log(
        `${study.name} seed ${seed}, ${arm.name}: ` +
          (fresh ? `${seconds} s` : "there already"),
      );
    }
  }
}

/** Plays recorded arms anew; returns 1 where one of them has other weights or rows. */
async function rebuild(asked: Asked): Promise<number> {
  const { study, out, work, model } = asked;
  let differ = 0;
  for (const seed of asked.seeds) {
    for (const arm of asked.arms) {
      const folders = { logs: out, work, model };
      const found = await rebuildArm(study, arm, seed, folders);
      const { recorded, anew, sameMetrics, sameScores } = found;
      const weights = recorded === null
        ? "weights not recorded"
        : JSON.stringify(recorded) === JSON.stringify(anew)
        ? "weights equal"
        : "weights DIFFER";
      const same = (rows: boolean) => rows ? "equal" : "DIFFER";
      console.log(
        `${study.name} seed ${seed}, ${arm.name}: ${weights}, metrics ` +
          `${same(sameMetrics)}, scores ${same(sameScores)} ` +
          Object.values(anew?.sha256 ?? {}).join(" "),
      );
      if (weights.endsWith("DIFFER") || !sameMetrics || !sameScores) differ++;
    }
  }
  return differ === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
