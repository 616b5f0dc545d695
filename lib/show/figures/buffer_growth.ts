/** The growth of the task buffers over a run. */

import type { ModeName } from "../../method/modes/task.ts";
import { type Figure, numbers, type Trace } from "./figure.ts";
import { DRAWN_MODES, modeLine, styledFigure } from "./style.ts";

/**
 * Draws the number of tasks in each buffer that ever holds one against the round of
 * proposals; the first row is of round `first`, 0 for the seeded buffers.
 */
export function bufferGrowth(
  sizes: readonly Partial<Record<ModeName, number>>[],
  first = 0,
): Figure {
  const last = sizes.at(-1) ?? {};
  const traces = DRAWN_MODES
    .filter((mode) => sizes.some((row) => (row[mode] ?? 0) > 0))
    .map((mode): Trace => ({
      type: "scatter",
      mode: "lines",
      name: mode,
      x: sizes.map((_, i) => first + i),
      y: sizes.map((row) => row[mode] ?? null),
      line: modeLine(mode),
    }));
  return styledFigure({
    title: `After ${first + sizes.length - 1} rounds the buffers hold ` +
      traces.map(({ name }) => `${last[name as ModeName]} (${name})`)
        .join(", ") +
      " tasks",
    x: "round of proposals",
    y: "tasks",
    yRange: [0, 1.05 * Math.max(1, ...traces.flatMap(({ y }) => numbers(y)))],
  }, traces);
}
