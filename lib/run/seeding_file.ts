/**
 * `seeding.json`: how far a run's seeding has come. Rewritten after each round, and
 * removed when the first checkpoint is there. It holds no weights: none have changed.
 */

import { join } from "node:path";
import type { SavedSeeding } from "../method/seeding.ts";
import { readJson, writeAtomically } from "./json_file.ts";

/** A seeding, and the bytes of each log after its last round. */
export interface SeedingFile {
  seeding: SavedSeeding;
  logBytes: Record<string, number>;
}

function seedingPath(runFolder: string): string {
  return join(runFolder, "seeding.json");
}

export function writeSeeding(runFolder: string, file: SeedingFile): void {
  writeAtomically(seedingPath(runFolder), JSON.stringify(file));
}

/** Reads the state of an unfinished seeding; null where there is none or where the file is damaged, which `say` reports. */
export function readSeeding(
  runFolder: string,
  say: (text: string) => void,
): SeedingFile | null {
  try {
    return readJson(seedingPath(runFolder), "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    say(
      `${(error as Error).message}. Without that file the run is seeded anew`,
    );
    return null;
  }
}

export function removeSeeding(runFolder: string): void {
  try {
    Deno.removeSync(seedingPath(runFolder));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
