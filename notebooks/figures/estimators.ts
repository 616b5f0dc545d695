/** The same rewards under several advantage estimators, and what an update moved. */

import type { Role } from "../../lib/method/advantage/sample.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import type { AdvantageSample } from "./advantage.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** The samples of one batch with the advantages of one estimator. */
export interface EstimatedBatch {
  name: string;
  samples: readonly AdvantageSample[];
}

const ROLES: readonly Role[] = ["solve", "propose"];
const COLOURS = [
  MODE_COLOURS.deduction,
  MODE_COLOURS.abduction,
  MODE_COLOURS.induction,
  ...OTHER_COLOURS.slice(0, 3),
];

/** A column per role and mode, in it a narrow column of marks per estimator. */
export function estimatorColumns(batches: readonly EstimatedBatch[]): Figure {
  const groups = ROLES.flatMap((role) =>
    DRAWN_MODES.map((mode) => ({ role, mode }))
  ).filter(({ role, mode }) =>
    batches[0].samples.some((s) => s.role === role && s.mode === mode)
  );
  const traces = batches.map(({ name, samples }, i): Trace => {
    const marks = groups.flatMap(({ role, mode }, column) => {
      const group = samples.filter((s) => s.role === role && s.mode === mode);
      const values = group.map(({ advantage }) => advantage.toFixed(4));
      const x = column + 0.8 * ((i + 0.5) / batches.length - 0.5);
      return [...new Set(values)].map((y) => ({ x, y: Number(y) }));
    });
    return {
      type: "scatter",
      mode: "markers",
      name,
      x: marks.map(({ x }) => x),
      y: marks.map(({ y }) => y),
      marker: { size: 8, opacity: 0.8, color: COLOURS[i % COLOURS.length] },
    };
  });
  return styledFigure(
    { title: "One batch under each estimator", x: "", y: "advantage" },
    traces,
    {
      xaxis: {
        tickvals: groups.map((_, column) => column),
        ticktext: groups.map(({ role, mode }) => `${role}<br>${mode}`),
        range: [-0.5, groups.length - 0.5],
        showgrid: false,
      },
      yaxis: { zeroline: true, zerolinecolor: "#888888" },
    },
  );
}

/** A response with two numbers to be drawn against each other. */
export interface SamplePoint {
  role: Role;
  mode: ModeName;
  x: number;
  y: number;
}

/** Advantages whitened over samples (x) and over tokens (y), with the diagonal. */
export function whiteningScatter(points: readonly SamplePoint[]): Figure {
  const ends = [
    Math.min(...points.map(({ x }) => x)),
    Math.max(...points.map(({ x }) => x)),
  ];
  const diagonal: Trace = {
    type: "scatter",
    mode: "lines",
    name: "equal",
    x: ends,
    y: ends,
    line: { color: REFERENCE_COLOUR, dash: "dot", width: 1 },
  };
  return styledFigure({
    title: "Whitening over samples and over tokens",
    x: "advantage, every sample counts once",
    y: "advantage, every token counts once",
  }, [diagonal, ...pointTraces(points)]);
}

/** Change of a response's log-probability (y) against its advantage (x). */
export function logProbChanges(points: readonly SamplePoint[]): Figure {
  return styledFigure(
    {
      title: "What one update moved",
      x: "advantage",
      y: "change of log-probability",
    },
    pointTraces(points),
    {
      xaxis: { zeroline: true, zerolinecolor: "#888888" },
      yaxis: { zeroline: true, zerolinecolor: "#888888" },
    },
  );
}

/** Discs for solving, diamonds for proposing, coloured by mode. */
function pointTraces(points: readonly SamplePoint[]): Trace[] {
  return ROLES.flatMap((role) =>
    DRAWN_MODES.flatMap((mode): Trace[] => {
      const group = points.filter((p) => p.role === role && p.mode === mode);
      if (group.length === 0) return [];
      return [{
        type: "scatter",
        mode: "markers",
        name: `${role}, ${mode}`,
        x: group.map(({ x }) => x),
        y: group.map(({ y }) => y),
        marker: {
          color: MODE_COLOURS[mode],
          symbol: role === "solve" ? "circle" : "diamond-open",
          size: 8,
          opacity: 0.7,
        },
      }];
    })
  );
}

/** One objective: what a token contributes at each probability ratio. */
export interface ObjectiveCurve {
  name: string;
  gain: (ratio: number, advantage: 1 | -1) => number;
}

/** Each function of the ratio, for advantage 1 (solid) and -1 (dashed). */
export function objectiveCurves(
  title: string,
  rows: readonly ObjectiveCurve[],
): Figure {
  const ratios = Array.from({ length: 401 }, (_, i) => i / 200);
  const traces = rows.flatMap(({ name, gain }, i) =>
    ([1, -1] as const).map((advantage): Trace => ({
      type: "scatter",
      mode: "lines",
      name: `${name}, A = ${advantage}`,
      x: ratios,
      y: ratios.map((ratio) => gain(ratio, advantage)),
      line: {
        color: COLOURS[i],
        dash: advantage === 1 ? "solid" : "dash",
        width: 2,
      },
    }))
  );
  return styledFigure({
    title,
    x: "probability ratio, new to old",
    y: "factor of the gradient of log p",
  }, traces);
}
