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
  const { step, size } = optimiser;
  const tensor = (moment: "first" | "second") => ({
    name: `${moment}_moment`,
    shape: [size],
    values: () => optimiser.pieces(moment),
  });
  await writeSafetensors(
    join(folder, FILE_NAME),
    [tensor("first"), tensor("second")],
    { step: String(step) },
  );
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
  for (const moment of ["first", "second"] as const) {
    const stored = file.shapeOf(`${moment}_moment`).join();
    if (stored !== String(optimiser.size)) {
      throw new Error(
        `${path}: optimiser state has ${stored} values for a model of ` +
          `${optimiser.size}; it belongs to another model`,
      );
    }
  }
  optimiser.restore(
    step,
    (moment, from, count) =>
      file.readWeights(`${moment}_moment`, [from, count]).values,
  );
  return true;
}
