/** The hashes of a run's weights, by which a run that is played anew is compared. */

import { join } from "node:path";
import {
  checkpointFolder,
  checkpointSteps,
  STATE_FILE,
  type StateFile,
} from "../../lib/run/checkpoint.ts";
import { readJson } from "../../lib/run/json_file.ts";

/** The weights of a checkpoint, by their hashes. */
export interface WeightHashes {
  step: number;
  /** SHA-256 of each file of weights, by its path in the checkpoint. */
  sha256: Record<string, string>;
}

/** Returns the hashes of the weights in the newest checkpoint of a run; null where there is none. */
export function weightHashes(runFolder: string): WeightHashes | null {
  const step = checkpointSteps(runFolder).at(-1);
  if (step === undefined) return null;
  const { files = {} }: StateFile = readJson(
    join(checkpointFolder(runFolder, step), STATE_FILE),
  );
  const weights = Object.entries(files)
    .filter(([path]) => path.endsWith("/model.safetensors"))
    .map(([path, { sha256 }]) => [path, sha256]);
  return { step, sha256: Object.fromEntries(weights) };
}
