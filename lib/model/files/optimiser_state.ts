/**
 * The optimiser's moments on disk: one safetensors file beside the weights.
 *
 * Left out: settings such as the learning rate, which belong to the run.
 */
import { join } from "node:path";
import type { AdamW } from "../training/optimiser.ts";
import { SafetensorsFile, writeSafetensors } from "./safetensors.ts";

const FILE_NAME = "optimizer.safetensors";

/** Writes the moments and the number of updates into a folder. */
export async function writeOptimiserState(
  optimiser: AdamW,
  folder: string,
): Promise<void> {
  const { step, firstMoment, secondMoment } = await optimiser.state();
  await writeSafetensors(join(folder, FILE_NAME), [
    {
      name: "first_moment",
      shape: [firstMoment.length],
      values: () => firstMoment,
    },
    {
      name: "second_moment",
      shape: [secondMoment.length],
      values: () => secondMoment,
    },
  ], { step: String(step) });
}

/**
 * Restores the moments; returns false where the folder holds none. Throws with the file
 * where the moments are damaged or belong to another model.
 */
export function readOptimiserState(optimiser: AdamW, folder: string): boolean {
  const path = join(folder, FILE_NAME);
  try {
    Deno.statSync(path);
  } catch {
    return false;
  }
  using file = SafetensorsFile.open(path);
  const step = Number(file.metadata.step);
  if (!Number.isInteger(step) || step < 0) {
    throw new Error(
      `${path}: "step" is ${file.metadata.step}; take a checkpoint that was ` +
        `written whole, or remove the file to begin with fresh moments`,
    );
  }
  const { values: firstMoment } = file.readWeights("first_moment");
  const { values: secondMoment } = file.readWeights("second_moment");
  try {
    optimiser.restore({ step, firstMoment, secondMoment });
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  return true;
}
