/**
 * `deno task ablate STUDY`: plays the arms of a study and writes the table that
 * compares them.
 */

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
import { playArm, rebuildArm } from "./study/arms.ts";
import { machineNow } from "./machine.ts";
import { studyReport } from "./report/study.ts";
import {
  optionLines,
  readWords,
  runTask,
  UsageError,
  wholeNumbers,
} from "./usage.ts";

const USAGE = [
  "deno task ablate STUDY [OPTIONS]\n",
  "plays the arms of a study and writes the table that compares them",
  ...optionLines({
    "--list": { says: "list the studies and their arms" },
    "--arms": { value: "a,b", says: "only these arms" },
    "--seeds": { value: "1,2,3", says: "only these seeds (default: 1,2,3)" },
    "--out": { value: "FOLDER", says: "where logs and table go" },
    "--work": { value: "FOLDER", says: "where the runs go" },
    "--model": {
      value: "FOLDER",
      says: "the language model that plays a study in words",
    },
    "--report": { says: "only rebuild the table from the logs" },
    "--rebuild": {
      says:
        "play recorded arms anew, compare the hashes of their\nfinal weights, " +
        "and keep the weights in --work",
    },
  }),
].join("\n");

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
  const asked = parse(args);
  if (asked === "list") return list();
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

function parse(args: readonly string[]): Asked | "list" {
  const { values, words: [name] } = readWords(args, {
    arms: { type: "string" },
    seeds: { type: "string" },
    out: { type: "string" },
    work: { type: "string" },
    model: { type: "string" },
    report: { type: "boolean" },
    rebuild: { type: "boolean" },
    list: { type: "boolean" },
  }, 1);
  if (values.list) return "list";
  if (name === undefined) throw new UsageError("no study named");
  try {
    const study = studyNamed(name);
    const runs = join("runs", "studies", name);
    return {
      study,
      arms: values.arms?.split(",").map((arm) => armNamed(study, arm)) ??
        study.arms,
      seeds: wholeNumbers("--seeds", values.seeds ?? "1,2,3"),
      out: values.out ?? join(runs, "logs"),
      work: values.work ?? join(runs, values.rebuild ? "rebuilt" : "runs"),
      model: values.model,
      reportOnly: values.report ?? false,
      rebuild: values.rebuild ?? false,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Seed by seed, so that an interrupted study has whole comparisons. */
async function play(asked: Asked): Promise<void> {
  const { study, out, work, model: played } = asked;
  // An arm that cannot be played is to end the command before hours of the others.
  for (const arm of asked.arms) checkPreset(armPreset(study, arm));
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
          ...machineNow(),
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

if (import.meta.main) await runTask(USAGE, main);
