/** Compares what clients were told with what the server's journal holds. */

import type { Entry } from "../../lib/serve/state.ts";
import type { Seen } from "./honest_client.ts";

/** Numbers of faults; all have to be 0. */
export interface Faults {
  /** Acknowledged, and not in the journal. */
  lost: number;
  /** Ids that the journal holds more than once. */
  twice: number;
  /** Verdicts that the journal or the workload knows otherwise. */
  different: number;
  /** Tasks whose solve rate is not that of their eight answers. */
  solveRates: number;
}

/** Reads a journal's entries, without its head. */
export async function journalEntries(path: string): Promise<Entry[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").slice(1, -1);
  return lines.map((line) => JSON.parse(line));
}

/** Reads the verdicts of a journal by the id of what was judged. */
export async function journalVerdicts(
  path: string,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const entry of await journalEntries(path)) {
    if (entry.kind !== "proposal" && entry.kind !== "answer") continue;
    const { key } = entry;
    if (key === null) continue;
    const verdict = entry.kind === "proposal"
      ? entry.verdict.status
      : entry.grade.grade;
    found.set(key, [...found.get(key) ?? [], verdict]);
  }
  return found;
}

/** Counts the faults of a run. `told` are the solve rates that the server tells at the end. */
export function faultsOf(
  { acknowledged, solveRates }: Seen,
  kept: ReadonlyMap<string, readonly string[]>,
  told: ReadonlyMap<string, number | null>,
): Faults {
  const faults = { lost: 0, twice: 0, different: 0, solveRates: 0 };
  for (const verdicts of kept.values()) {
    if (verdicts.length > 1) faults.twice++;
  }
  for (const [id, { is, expected }] of acknowledged) {
    const [verdict] = kept.get(id) ?? [];
    if (verdict === undefined) faults.lost++;
    else if (verdict !== is || is !== expected) faults.different++;
  }
  for (const [id, rate] of solveRates) {
    if (told.get(id) !== rate) faults.solveRates++;
  }
  return faults;
}
