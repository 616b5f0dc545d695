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
import { readJson } from "../run/json_file.ts";
import { packedNames } from "../run/packed/recordings.ts";

/** The command, time and machine of a seed's run: the facts that are not reproducible. */
export interface HardwareRecord {
  command: string;
  seconds: number;
  baseSeconds: number;
  hardware: string;
  loadAverage: number[];
  /** Number of TensorFlow's threads, on which the last bits of results depend. */
  threads: string;
  deno: string;
}

/** Returns the folder of one seed's run. */
export function seedFolder(folder: string, seed: number): string {
  return join(folder, `seed-${seed}`);
}

/** Finds the seeds with a finished run in an experiment's folder, in ascending order. */
export function seedsIn(folder: string): number[] {
  const packed = packedNames(folder);
  const unpacked = packed.length > 0 && !isFolder(folder)
    ? []
    : [...Deno.readDirSync(folder)].map(({ name }) => name);
  const seeds = [...packed, ...unpacked]
    .flatMap((name) => /^seed-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return [...new Set(seeds)]
    .filter((seed) =>
      packed.includes(`seed-${seed}`) || hasHardware(folder, seed)
    )
    .sort((a, b) => a - b);
}

/** Reads `hardware.json` of a run. */
export function readHardware(run: string): HardwareRecord {
  return readJson(join(run, "hardware.json"));
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function hasHardware(folder: string, seed: number): boolean {
  try {
    return Deno.statSync(join(seedFolder(folder, seed), "hardware.json"))
      .isFile;
  } catch {
    return false;
  }
}
