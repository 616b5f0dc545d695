/** Figures of the notebook on modes: which answers fit, and how responses fail. */

import { MODE_NAMES, type ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { MODE_COLOURS, styledFigure } from "../../lib/show/figures/style.ts";

const { abduction: ABDUCTION } = MODE_COLOURS;

/** A dot for every right answer to each of a few abduction tasks. */
export function fittingInputs(
  rows: readonly { label: string; right: readonly number[] }[],
): Figure {
  return styledFigure(
    { title: manyAnswers(rows), x: "input", y: "" },
    rows.map(({ label, right }) => ({
      type: "scatter",
      mode: "markers",
      name: label,
      x: right,
      y: right.map(() => label),
      marker: { color: ABDUCTION, size: 6 },
      showlegend: false,
    })),
    {
      height: 360,
      margin: { l: 200, r: 20, t: 60, b: 60 },
      xaxis: { range: [-53, 52], zeroline: true, zerolinecolor: "#bbbbbb" },
      yaxis: { autorange: "reversed", ticksuffix: "  " },
    },
  );
}

/** How often each cause occurs in each mode, the most frequent first. */
export function causeBars(
  title: string,
  rows: readonly { mode: ModeName; cause: string }[],
): Figure {
  const groups = Map.groupBy(rows, ({ cause }) => cause);
  const causes = [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([cause]) => cause);
  const count = (mode: ModeName, cause: string) =>
    groups.get(cause)!.filter((row) => row.mode === mode).length;
  const traces = MODE_NAMES.map((mode): Trace => {
    const counts = causes.map((cause) => count(mode, cause));
    return {
      type: "bar",
      orientation: "h",
      name: mode,
      x: counts,
      y: causes,
      text: counts.map((n) => n === 0 ? "" : String(n)),
      textposition: "outside",
      cliponaxis: false,
      marker: { color: MODE_COLOURS[mode] },
    };
  });
  return styledFigure({ title, x: "responses", y: "" }, traces, {
    barmode: "group",
    height: 150 + 52 * causes.length,
    margin: { l: 200, r: 40, t: 60, b: 60 },
    xaxis: { rangemode: "tozero" },
    yaxis: { autorange: "reversed", ticksuffix: "  " },
  });
}

function manyAnswers(
  rows: readonly { label: string; right: readonly number[] }[],
): string {
  const counts = rows.map(({ right }) => right.length);
  return `An abduction task has ${Math.min(...counts)} to ` +
    `${Math.max(...counts)} right answers among the inputs from −50 to 50`;
}
