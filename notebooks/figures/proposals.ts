/** What became of proposals: why they were refused, how the buffers grew. */

import type { Judged } from "../../lib/method/stages.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/**
 * One horizontal bar per named cause, stacked by mode, the most frequent on
 * top. Duplicates and held-out tasks are causes too.
 */
export function rejectionCauses(
  proposals: readonly Pick<Judged, "mode" | "status" | "cause">[],
): Figure {
  const refused = proposals.filter(({ status }) => status !== "valid");
  const causeOf = ({ status, cause }: (typeof refused)[number]) =>
    status === cause ? status : `${status}: ${cause}`;
  const count = (cause: string, mode?: ModeName) =>
    refused.filter((proposal) =>
      causeOf(proposal) === cause && (!mode || proposal.mode === mode)
    ).length;
  const causes = [...new Set(refused.map(causeOf))]
    .sort((a, b) => count(a) - count(b) || (a < b ? 1 : -1));
  const traces = DRAWN_MODES
    .filter((mode) => refused.some((proposal) => proposal.mode === mode))
    .map((mode): Trace => ({
      type: "bar",
      orientation: "h",
      name: mode,
      x: causes.map((cause) => count(cause, mode)),
      y: causes,
      marker: { color: MODE_COLOURS[mode] },
    }));
  return styledFigure(
    {
      title: `${refused.length} of ${proposals.length} proposals refused`,
      x: "proposals",
      y: "",
    },
    traces,
    {
      barmode: "stack",
      legend: { traceorder: "normal" },
      height: 180 + 34 * causes.length,
      margin: { l: 200, r: 20, t: 60, b: 60 },
      yaxis: { ticksuffix: "  " },
    },
  );
}

/** Programs in the order of their tasks, under one rule of admission. */
export interface AdmittedPrograms {
  name: string;
  programs: readonly string[];
}

/**
 * Distinct programs among the first k tasks, against k: the further a curve
 * falls below the diagonal, the more the proposer repeats itself.
 */
export function distinctProgramCurves(
  rows: readonly AdmittedPrograms[],
): Figure {
  const longest = Math.max(...rows.map(({ programs }) => programs.length));
  const diagonal: Trace = {
    type: "scatter",
    mode: "lines",
    name: "all distinct",
    x: [0, longest],
    y: [0, longest],
    line: { color: REFERENCE_COLOUR, dash: "dot", width: 1 },
  };
  const traces = rows.map(({ name, programs }, i): Trace => {
    const seen = new Set<string>();
    return {
      type: "scatter",
      mode: "lines",
      name,
      x: [0, ...programs.map((_, k) => k + 1)],
      y: [0, ...programs.map((program) => seen.add(program).size)],
      line: { color: OTHER_COLOURS[i % OTHER_COLOURS.length], width: 2 },
    };
  });
  return styledFigure({
    title: `Of the new tasks ${
      rows.filter(({ programs }) => programs.length > 0).map((
        { name, programs },
      ) =>
        `${
          Math.round(100 * new Set(programs).size / programs.length)
        } % (${name})`
      ).join(", ")
    } have a program of their own`,
    x: "tasks admitted",
    y: "distinct programs",
  }, [diagonal, ...traces]);
}
