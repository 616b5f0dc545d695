/** The share of sampled tokens that train. */

import type { StepMetrics } from "../../method/metrics.ts";
import type { Figure, Trace } from "./figure.ts";
import { OTHER_COLOURS, styledFigure } from "./style.ts";

/** The steps of a run under one setting. */
interface TokenUse {
  name: string;
  rows: readonly Pick<StepMetrics, "sampledTokens" | "trainedTokens">[];
}

/** Draws a bar per setting: the sampled tokens of a mean step, with the trained ones in colour. */
export function tokenUseBars(runs: readonly TokenUse[]): Figure {
  const perStep = runs.map(({ rows }) => {
    const sum = (field: "sampledTokens" | "trainedTokens") =>
      rows.reduce((total, row) => total + row[field], 0);
    const sampled = sum("sampledTokens");
    const trained = sum("trainedTokens");
    return {
      trained: trained / rows.length,
      idle: (sampled - trained) / rows.length,
      share: trained / sampled,
    };
  });
  const y = runs.map(({ name }) => name);
  const traces: Trace[] = [
    {
      type: "bar",
      orientation: "h",
      name: "train",
      x: perStep.map(({ trained }) => trained),
      y,
      text: perStep.map(({ share }) => `${(100 * share).toFixed(0)} %`),
      textposition: "inside",
      insidetextanchor: "start",
      marker: { color: OTHER_COLOURS[0] },
    },
    {
      type: "bar",
      orientation: "h",
      name: "do not train",
      x: perStep.map(({ idle }) => idle),
      y,
      marker: { color: "#cccccc" },
    },
  ];
  return styledFigure(
    { title: useTitle(perStep.map(({ share }) => share)), x: "tokens", y: "" },
    traces,
    {
      barmode: "stack",
      legend: { traceorder: "normal" },
      height: 140 + 60 * runs.length,
      margin: { l: 190, r: 20, t: 60, b: 60 },
      yaxis: { autorange: "reversed", ticksuffix: "  " },
    },
  );
}

function useTitle(shares: readonly number[]): string {
  const percent = (share: number) => (100 * share).toFixed(0);
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map(percent);
  return `${least} to ${most} % of the tokens sampled in a step train`;
}
