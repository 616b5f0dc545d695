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
  return [...Deno.readDirSync(folder)]
    .flatMap(({ name }) => /^seed-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((seed) => hasHardware(folder, seed))
    .sort((a, b) => a - b);
}

/** Writes `hardware.json` of a seed. */
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

export function hardwareFile(folder: string, seed: number): string {
  return join(seedFolder(folder, seed), "hardware.json");
}

function hasHardware(folder: string, seed: number): boolean {
  try {
    return Deno.statSync(hardwareFile(folder, seed)).isFile;
  } catch {
    return false;
  }
}
