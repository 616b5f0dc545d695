/** Words for a title: how a number of every mode moved during a run. */

import { mean } from "../../lab/evaluation/statistics.ts";
import type { ModeName } from "../../method/modes/task.ts";
import { DRAWN_MODES } from "./style.ts";

/** Steps averaged at each end; single steps are noisy. */
const ENDS = 3;

/**
 * Says per mode the mean over the first and over the last three steps of all seeds:
 * "deduction 27 → 99, abduction 20 → 45". Step 0 fills the buffers and is left out, and
 * so is a mode without the number. `scale` 100 makes shares per cent.
 */
export function moved<Row extends { step: number }>(
  seeds: readonly (readonly Row[])[],
  value: (row: Row, mode: ModeName) => number | null | undefined,
  scale = 1,
): string {
  return DRAWN_MODES.flatMap((mode) => {
    const known = seeds.map((rows) =>
      rows.filter(({ step }) => step > 0).map((row) => value(row, mode))
        .filter((one) => typeof one === "number")
    );
    if (known.every((values) => values.length === 0)) return [];
    const first = mean(known.flatMap((values) => values.slice(0, ENDS)));
    const last = mean(known.flatMap((values) => values.slice(-ENDS)));
    return [
      `${mode} ${Math.round(scale * first)} → ${Math.round(scale * last)}`,
    ];
  }).join(", ");
}
