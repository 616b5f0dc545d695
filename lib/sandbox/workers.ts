/** The default number of sandbox processes of an engine. */

import type { EngineName } from "./language_engine.ts";

/** Resident bytes of a process at its largest, measured under hostile programs. */
const PROCESS_BYTES: Record<EngineName, number> = {
  quickjs: 365e6,
  pyodide: 425e6,
};
/** More than this many gain nothing that was measured. */
const MOST = 16;
/** Number of processes where the memory is unknown: reading it needs `--allow-sys=systemMemoryInfo`. */
const MOST_UNKNOWN = 2;

/** The cores and the memory of a machine. */
export interface Machine {
  cores: number;
  /** Bytes that can be had without swapping; null where that is not known. */
  availableBytes: number | null;
}

/** One process for each core, as long as an engine's fit into a quarter of the memory. */
export function workersFor(
  engine: EngineName,
  { cores, availableBytes }: Machine,
): number {
  const fitting = availableBytes === null
    ? MOST_UNKNOWN
    : Math.floor(availableBytes / 4 / PROCESS_BYTES[engine]);
  return Math.max(1, Math.min(cores, fitting, MOST));
}

/** Returns the machine, without asking anybody for a permission. */
export function thisMachine(): Machine {
  const wanted = { name: "sys", kind: "systemMemoryInfo" } as const;
  const isAllowed = Deno.permissions.querySync(wanted).state === "granted";
  return {
    cores: navigator.hardwareConcurrency,
    availableBytes: isAllowed ? Deno.systemMemoryInfo().available : null,
  };
}
