/** The modes by name: the paper's three, and those that an extra adds. */

import { abduction } from "./abduction.ts";
import { deduction } from "./deduction.ts";
import { errorPrediction } from "./error_prediction.ts";
import { induction } from "./induction.ts";
import type { Mode } from "./mode.ts";
import type { ModeName } from "./task.ts";

/** The paper's modes, in the order in which a step proposes them. */
export const MODES = { deduction, abduction, induction };

const registered = new Map<ModeName, Mode>(
  [...Object.values(MODES), errorPrediction].map((mode) => [mode.name, mode]),
);

/** Returns a mode. Throws `RangeError` where no mode of that name is registered. */
export function modeOf(name: ModeName): Mode {
  const mode = registered.get(name);
  if (mode) return mode;
  throw new RangeError(
    `no mode "${name}" is registered, only ${
      [...registered.keys()].join(", ")
    }`,
  );
}

/** Returns the names of all registered modes, the paper's first. */
export function modeNames(): ModeName[] {
  return [...registered.keys()];
}
