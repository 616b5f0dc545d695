/**
 * Where the time of a step goes, operation by operation, from the profiles in the
 * log of `deno task bench model`. Left out: what happens inside a graph, which a
 * profile counts as one operation.
 */

import type { Figure } from "../../lib/show/figures/figure.ts";
import { OTHER_COLOURS, styledFigure } from "../../lib/show/figures/style.ts";

/** One line of a profile, named as in the log. */
export interface OperationShare {
  operation: string;
  ms_per_step: number;
  calls_per_step: number;
}

/** A bar per operation of `work` in the order given, the first on top; calls written. */
export function operationBars(
  work: string,
  profile: readonly OperationShare[],
): Figure {
  const whole = profile.reduce((sum, { ms_per_step }) => sum + ms_per_step, 0);
  const [first] = profile.toSorted((a, b) => b.ms_per_step - a.ms_per_step);
  const share = Math.round(100 * first.ms_per_step / whole);
  const title = `${first.operation} takes ${share} % of ${work}`;
  return styledFigure(
    { title, x: "milliseconds", y: "" },
    [{
      type: "bar",
      orientation: "h",
      x: profile.map(({ ms_per_step }) => ms_per_step),
      y: profile.map(({ operation }) => operation),
      text: profile.map(({ calls_per_step }) =>
        calls_per_step === 1 ? "1 call" : `${Math.round(calls_per_step)} calls`
      ),
      textposition: "outside",
      cliponaxis: false,
      marker: { color: OTHER_COLOURS[0] },
    }],
    {
      showlegend: false,
      height: 150 + 26 * profile.length,
      // Operations have long names; labels stand outside the bars.
      margin: { l: 260, r: 80, t: 60, b: 60 },
      yaxis: { autorange: "reversed", ticksuffix: "  ", showgrid: false },
    },
  );
}
