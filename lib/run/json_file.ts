/** JSON files of a run: read with errors that name them, replaced whole. */

import { dirname } from "node:path";
import { syncFolder } from "../model/mod.ts";
import { packedText } from "./packed/recordings.ts";

/** Part of the name of whatever is not yet whole. */
export const UNFINISHED = ".unfinished-";

const CURE = ": copy it from the newest folder in checkpoints/ of the run";

/** Returns the object in a run's file. Throws naming the file where it holds none. */
export function readJson<Fields extends object>(
  path: string,
  cure = CURE,
): Fields {
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Deno.errors.NotFound(`${path} is missing${cure}`);
    }
    throw new Error(`${path} is no JSON (${(error as Error).message})${cure}`);
  }
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new Error(`${path} holds no JSON object${cure}`);
}

/** Returns the text of a run's file, packed or not. Throws where there is none. */
function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const packed = error instanceof Deno.errors.NotFound
      ? packedText(path)
      : null;
    if (packed !== null) return packed;
    throw error;
  }
}

/** Replaces a file by a complete new one, which a loss of power does not take. */
export function writeAtomically(path: string, text: string): void {
  const draft = `${path}${UNFINISHED}`;
  Deno.writeTextFileSync(draft, text);
  using file = Deno.openSync(draft, { write: true });
  file.syncSync();
  Deno.renameSync(draft, path);
  syncFolder(dirname(path));
}
