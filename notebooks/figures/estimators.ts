/** The same rewards under several advantage estimators, and what an update moved. */

import type { Role } from "../../lib/method/advantage/sample.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import type { AdvantageSample } from "./advantage.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import { withSlider } from "../../lib/show/figures/slider.ts";
import {
  colourOf,
  DRAWN_MODES,
  MODE_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** The samples of one batch with the advantages of one estimator. */
export interface EstimatedBatch {
  name: string;
  samples: readonly AdvantageSample[];
}

const ROLES: readonly Role[] = ["solve", "propose"];

/** Advantages of the answers of one mode that are right, or of those that are not. */
interface Push {
  mode: ModeName;
  mean: number;
  low: number;
  high: number;
}

/**
 * A panel per estimator, in it two arrows per mode: how far a right answer is pushed up
 * and one that is not right is pushed down, as means; a thin line spans all of them.
 */
export function rightAndWrong(batches: readonly EstimatedBatch[]): Figure {
  const panels = batches.map(({ name, samples }) => ({
    title: name,
    traces: [
      ...pushes(samples, true).map((push) => arrow(push, "triangle-up")),
      ...pushes(samples, false).map((push) =>
        arrow(push, "triangle-down-open")
      ),
    ],
  }));
  return panelFigure(
    { title: rarityTitle(batches), x: "", y: "advantage" },
    panels,
    {
      columns: 3,
      height: 560,
      xaxis: { showgrid: false, range: [-0.5, 2.9] },
      yaxis: { zeroline: true, zerolinecolor: "#888888" },
    },
  );
}

function pushes(samples: readonly AdvantageSample[], right: boolean): Push[] {
  return DRAWN_MODES.flatMap((mode) => {
    const own = samples.filter((s) =>
      s.role === "solve" && s.mode === mode && (s.reward === 1) === right
    ).map(({ advantage }) => advantage);
    if (own.length === 0) return [];
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    return [{ mode, mean, low: Math.min(...own), high: Math.max(...own) }];
  });
}

function arrow({ mode, mean, low, high }: Push, symbol: string): Trace {
  const color = MODE_COLOURS[mode];
  return {
    type: "scatter",
    mode: "lines+markers+text",
    name: mode,
    showlegend: false,
    x: [mode, mode],
    y: [0, mean],
    text: ["", `  ${mean.toFixed(1)}`],
    textposition: "middle right",
    cliponaxis: false,
    line: { color, width: 3 },
    marker: { color, symbol, size: [0, 12] },
    error_y: {
      type: "data",
      symmetric: false,
      array: [0, high - mean],
      arrayminus: [0, mean - low],
      ...{ color, thickness: 1, width: 4 },
    },
  };
}

/** Returns what the first batch, of TRR++, shows: the rarest right answers count most. */
function rarityTitle([{ name, samples }]: readonly EstimatedBatch[]): string {
  const found = pushes(samples, true).map(({ mode, mean }) => {
    const own = samples.filter((s) => s.role === "solve" && s.mode === mode);
    const right = own.filter(({ reward }) => reward === 1).length / own.length;
    return { mode, mean, percent: `${Math.round(100 * right)} %` };
  }).toSorted((a, b) => b.mean - a.mean);
  if (found.length === 0) {
    return `Under ${name} no answer of this batch is right`;
  }
  const [rare, common] = [found[0], found.at(-1)!];
  return `Under ${name} a right answer counts ${rare.mean.toFixed(1)} in ` +
    `${rare.mode} (${rare.percent} right), ${common.mean.toFixed(1)} in ` +
    `${common.mode} (${common.percent})`;
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
  const furthest = Math.max(...points.map(({ x, y }) => Math.abs(y - x)));
  return styledFigure({
    title: "Counting tokens instead of samples moves an advantage by up to " +
      furthest.toFixed(1),
    x: "advantage, every sample counts once",
    y: "advantage, every token counts once",
  }, [diagonal, ...pointTraces(points)]);
}

/**
 * Change of a response's log-probability (y) against its advantage (x). The few changes
 * below the axis are triangles on its lower edge; their number stands beside them.
 */
export function logProbChanges(points: readonly SamplePoint[]): Figure {
  const meanOf = (chosen: readonly SamplePoint[]) =>
    (chosen.reduce((sum, { y }) => sum + y, 0) / (chosen.length || 1))
      .toFixed(2).replace("-", "−");
  const better = points.filter(({ x }) => x > 0);
  const worse = points.filter(({ x }) => x < 0);
  const ordered = points.map(({ y }) => y).toSorted((a, b) => a - b);
  const bottom = (ordered[Math.floor(0.02 * ordered.length)] ?? 0) - 0.5;
  const top = Math.max(0.5, ...ordered) * 1.1;
  const below = points.filter(({ y }) => y < bottom);
  return styledFigure(
    {
      title: `What was better than expected moved by ${meanOf(better)} on ` +
        `average, what was worse by ${meanOf(worse)}`,
      x: "advantage",
      y: "change of log-probability (nats)",
      yRange: [bottom - 0.05 * (top - bottom), top],
    },
    [...pointTraces(points.filter(({ y }) => y >= bottom)), {
      type: "scatter",
      mode: "markers",
      name: `below the axis, ${below.length}`,
      x: below.map(({ x }) => x),
      y: below.map(() => bottom),
      text: below.map(({ y }) => y.toFixed(1)),
      marker: { color: REFERENCE_COLOUR, symbol: "triangle-down", size: 9 },
    }],
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
        color: colourOf(name, i + 2),
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

/** The advantages of a few responses under each estimator, at one value of a reward. */
export interface RewardState {
  reward: number;
  /** `values[e][i]` is the advantage of response i under estimator e. */
  values: readonly (readonly number[])[];
}

/** Bars of each response's advantage, a colour per estimator, with a slider over one reward. */
export function rewardSlider(
  estimators: readonly string[],
  responses: readonly string[],
  states: readonly RewardState[],
  start: number,
): Figure {
  const largest = Math.max(
    ...states.flatMap(({ values }) => values.flat().map(Math.abs)),
  );
  const drawn = states.map(({ reward, values }) => ({
    label: String(reward),
    figure: styledFigure(
      {
        title: `The first response earns ${reward}: ` +
          movedTitle(values, states[start].values),
        x: "",
        y: "advantage",
        yRange: [-1.1 * largest, 1.1 * largest],
      },
      estimators.map((name, i): Trace => ({
        ...{ type: "bar", name, x: responses, y: [...values[i]] },
        marker: { color: colourOf(name, i + 2) },
      })),
      {
        legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
        margin: { l: 70, r: 20, t: 120, b: 60 },
        height: 460,
        yaxis: { zeroline: true, zerolinecolor: "#888888" },
      },
    ),
  }));
  return withSlider("reward of the first response", drawn, start);
}

/** Returns how many estimators give another response than the first a new advantage. */
function movedTitle(
  values: RewardState["values"],
  before: RewardState["values"],
): string {
  const moved = values.filter((row, e) =>
    row.slice(2).some((value, i) => Math.abs(value - before[e][i + 2]) > 1e-9)
  );
  return `${moved.length} of ${values.length} estimators move the answers`;
}
