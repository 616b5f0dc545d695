/** The growth of the task buffers over a run. */

import type { ModeName } from "../../method/modes/task.ts";
import { type Figure, numbers, type Trace } from "./figure.ts";
import { DRAWN_MODES, modeLine, styledFigure } from "./style.ts";

/** Draws the number of tasks in each changing buffer against the round of proposals. */
export function bufferGrowth(
  sizes: readonly Partial<Record<ModeName, number>>[],
): Figure {
  const traces = DRAWN_MODES
    .filter((mode) => new Set(sizes.map((row) => row[mode])).size > 1)
    .map((mode): Trace => ({
      type: "scatter",
      mode: "lines",
      name: mode,
      x: sizes.map((_, round) => round),
      y: sizes.map((row) => row[mode] ?? null),
      line: modeLine(mode),
    }));
  return styledFigure({
    title: "Tasks in the buffers",
    x: "round of proposals",
    y: "tasks",
    yRange: [0, 1.05 * Math.max(1, ...traces.flatMap(({ y }) => numbers(y)))],
  }, traces);
}
