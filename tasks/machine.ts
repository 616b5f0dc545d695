/** What a recorded number was taken on, in the words of all records under data/. */

import { cpus } from "node:os";

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
