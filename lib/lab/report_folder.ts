/**
 * An experiment on disk: one run folder per seed, and the report over them.
 *
 * | file | content |
 * |---|---|
 * | `seed-N/` | the run folder of a seed |
 * | `seed-N/hardware.json` | command, seconds, machine and load of that run |
 * | `report.md` | the table, rebuilt from the logs alone |
 */

import { join } from "node:path";
import { readEvaluations, readMetrics, readTimings } from "../run/mod.ts";
import { healthSection } from "./health.ts";
import { passSection } from "./pass_report.ts";
import { targetSection } from "./targets.ts";
import { thoughtSection } from "./thought_report.ts";
import { type EvaluationLog, reportLines, reportMarkdown } from "./report.ts";
import type { Preset } from "./presets.ts";

/** How and on what a seed was run; the part of a run that is not reproducible. */
export interface HardwareRecord {
  command: string;
  seconds: number;
  baseSeconds: number;
  hardware: string;
  loadAverage: number[];
  /** Threads that TensorFlow was allowed; last bits of results depend on them. */
  threads: string;
  deno: string;
}

/** The folder of one seed's run. */
export function seedFolder(folder: string, seed: number): string {
  return join(folder, `seed-${seed}`);
}

/** The seeds that have a finished run in an experiment's folder, ascending. */
export function seedsIn(folder: string): number[] {
  return [...Deno.readDirSync(folder)]
    .flatMap(({ name }) => /^seed-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((seed) => hasHardware(folder, seed))
    .sort((a, b) => a - b);
}

/** Notes what a seed was run with and on. */
export function writeHardware(
  folder: string,
  seed: number,
  record: HardwareRecord,
): void {
  Deno.writeTextFileSync(
    hardwareFile(folder, seed),
    JSON.stringify(record, null, 2) + "\n",
  );
}

/** The report over all seeds in a folder; equal logs give equal text. */
export function experimentReport(
  { name, description }: Pick<Preset, "name" | "description">,
  folder: string,
): string {
  const seeds = seedsIn(folder);
  if (seeds.length === 0) {
    throw new Error(
      `${folder} holds no finished seed-N folder: run the experiment first`,
    );
  }
  const logs = seeds.map((seed) =>
    readEvaluations(seedFolder(folder, seed)) as unknown as EvaluationLog
  );
  const notes = seeds.map((seed) => hardwareNote(folder, seed)).join("\n");
  const records = seeds.map((seed) => ({
    metrics: readMetrics(seedFolder(folder, seed)),
    timings: readTimings(seedFolder(folder, seed)),
  }));
  return [
    reportMarkdown(reportLines(logs), `${name}: ${description}`, [notes]),
    targetSection(seeds, logs),
    thoughtSection(logs),
    passSection(logs),
    healthSection(records),
  ].filter((section) => section !== "").join("\n");
}

function hardwareNote(folder: string, seed: number): string {
  const record: HardwareRecord = JSON.parse(
    Deno.readTextFileSync(hardwareFile(folder, seed)),
  );
  const { command, seconds, baseSeconds, hardware, loadAverage } = record;
  return `- seed ${seed}: \`${command}\`, ${seconds} s of which base model ` +
    `${baseSeconds} s, on ${hardware}, load average ${loadAverage.join(" ")}`;
}

function hardwareFile(folder: string, seed: number): string {
  return join(seedFolder(folder, seed), "hardware.json");
}

function hasHardware(folder: string, seed: number): boolean {
  try {
    return Deno.statSync(hardwareFile(folder, seed)).isFile;
  } catch {
    return false;
  }
}
