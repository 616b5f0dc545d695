/** What a recorded number was taken on, in the words of all records under data/. */

import { cpus } from "node:os";
import { join } from "node:path";
import { type HardwareRecord, seedFolder } from "../lib/lab/report_folder.ts";

/** The processor, and the mean numbers of waiting processes over 1, 5 and 15 minutes. */
export interface Machine {
  hardware: string;
  loadAverage: number[];
}

/** Returns this machine as it is now. */
export function machineNow(): Machine {
  return {
    hardware: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    loadAverage: Deno.loadavg().map((load) => Number(load.toFixed(1))),
  };
}

/** Writes `hardware.json` of a seed. */
export function writeHardware(
  folder: string,
  seed: number,
  record: HardwareRecord,
): void {
  Deno.writeTextFileSync(
    join(seedFolder(folder, seed), "hardware.json"),
    JSON.stringify(record, null, 2) + "\n",
  );
}
