/** The modes by name: the paper's three, and those that an extra adds. */

import { Registry } from "../registry.ts";
import { abduction } from "./abduction.ts";
import { deduction } from "./deduction.ts";
import { induction } from "./induction.ts";
import type { Mode } from "./mode.ts";
import type { ModeName } from "./task.ts";

/** The paper's modes, in the order in which a step proposes them. */
export const MODES = { deduction, abduction, induction };

const REGISTRY = new Registry<ModeName, Mode>(
  "mode",
  Object.values(MODES).map((mode) => [mode.name, mode] as const),
);

/** Adds a mode. */
export function registerMode(mode: Mode): void {
  REGISTRY.add(mode.name, mode);
}

/** Returns a mode. Throws `RangeError` where no mode of that name is registered. */
export function modeOf(name: ModeName): Mode {
  return REGISTRY.get(name);
}

/** Returns the names of all registered modes, the paper's first. */
export function modeNames(): ModeName[] {
  return REGISTRY.names;
}
