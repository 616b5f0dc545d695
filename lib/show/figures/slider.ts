/** A slider below a figure that leads from one state of it to the next. */

import type { Figure, Trace } from "./figure.ts";

/** A state of a figure: all states have the same traces in the same order. */
interface SliderState {
  label: string;
  figure: Figure;
}

/** Attributes of traces that a state may change. */
const MOVING = ["x", "y", "text"] as const;

/**
 * Returns the figure of state `start` with a slider over all states. Moving the slider
 * replaces the traces' x, y and text and the title; a viewer without Plotly sees the first
 * state. Give the axes fixed ranges: a slider does not move them. Throws a RangeError
 * where a state has other traces.
 */
export function withSlider(
  name: string,
  states: readonly SliderState[],
  start: number,
): Figure {
  const { data, layout, ...rest } = states[start].figure;
  const height = (layout.height ?? 420) + 70;
  const margin = layout.margin as Record<string, number>;
  const slider = {
    active: start,
    currentvalue: { prefix: `${name}: ` },
    pad: { t: 60 },
    steps: states.map((state) => step(state, data.length)),
  };
  return {
    ...rest,
    data,
    layout: {
      ...layout,
      height,
      margin: { ...margin, b: margin.b + 70 },
      sliders: [slider],
    },
  };
}

function step({ label, figure }: SliderState, traces: number) {
  if (figure.data.length !== traces) {
    throw new RangeError(
      `state "${label}" has ${figure.data.length} traces, not ${traces}`,
    );
  }
  const changed = MOVING.flatMap((key) =>
    figure.data.some((trace) => key in trace)
      ? [[key, figure.data.map((trace: Trace) => trace[key] ?? null)]]
      : []
  );
  return {
    label,
    method: "update",
    args: [
      Object.fromEntries(changed),
      { "title.text": figure.layout.title?.text ?? "" },
    ],
  };
}
