/** Held-out accuracy before and after self-play, with its uncertainty. */

import type { EvaluationResult } from "../../lab/evaluation/evaluate.ts";
import {
  type EvaluationSummary,
  summarise,
} from "../../lab/evaluation/summary.ts";
import type { Figure, Trace } from "./figure.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "./style.ts";

/** A row of `eval.jsonl`. */
export type EvaluatedItem = EvaluationResult & { step: number };

type Group = EvaluationResult["mode"];

const GROUPS: readonly Group[] = [...DRAWN_MODES, "maths"];
const GROUP_COLOURS: Record<Group, string> = {
  ...MODE_COLOURS,
  maths: OTHER_COLOURS[1],
};

/**
 * Pairs of bars, at the first and at the last step among `rows`, with 95 %
 * intervals over items. A mark shows what the model reached at the first step
 * when it was made to think, where that was evaluated.
 *
 * @param split only rows of this split are shown
 * @param temperature only rows sampled at this temperature (0: greedy)
 */
export function accuracyBars(
  rows: readonly EvaluatedItem[],
  split: string,
  temperature = 0,
): Figure {
  const shown = rows.filter((row) =>
    row.split === split && row.temperature === temperature
  );
  if (shown.length === 0) {
    throw new Error(
      `no evaluated items of split "${split}" at temperature ${temperature}`,
    );
  }
  const steps = shown.map(({ step }) => step);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const at = (step: number, thinking: EvaluationResult["thinking"]) =>
    inOrder(shown.filter((r) => r.step === step && r.thinking === thinking));
  const traces = [bars(`step ${first}`, at(first, "free"), "pale")];
  if (last > first) {
    traces.push(bars(`step ${last}`, at(last, "free"), "full"));
  }
  const forced = at(first, "forced");
  if (forced.length > 0) {
    traces.push(marks(`step ${first}, made to think`, forced));
  }
  return styledFigure(
    {
      title: `Held-out accuracy (${split})`,
      x: "",
      y: "right answers",
      percent: "y",
      yRange: [0, 1],
    },
    traces,
    {
      barmode: "group",
      uniformtext: { minsize: 10, mode: "hide" },
      xaxis: { showgrid: false },
    },
  );
}

/** Returns one summary per group, in the order of the groups. */
function inOrder(rows: readonly EvaluationResult[]): EvaluationSummary[] {
  const summaries = summarise(rows);
  return GROUPS.flatMap((mode) => summaries.filter((s) => s.mode === mode));
}

function bars(
  name: string,
  summaries: readonly EvaluationSummary[],
  shade: "pale" | "full",
): Trace {
  const accuracies = summaries.map(({ accuracy }) => accuracy);
  return {
    type: "bar",
    name,
    x: summaries.map(({ mode }) => mode),
    y: accuracies.map(({ mean }) => mean),
    text: accuracies.map(({ mean }) => `${(100 * mean).toFixed(1)} %`),
    textposition: "inside",
    insidetextanchor: "start",
    marker: {
      color: summaries.map(({ mode }) => shaded(GROUP_COLOURS[mode], shade)),
    },
    error_y: {
      type: "data",
      symmetric: false,
      array: accuracies.map(({ mean, high }) => high - mean),
      arrayminus: accuracies.map(({ mean, low }) => mean - low),
      color: "#333333",
      thickness: 1.5,
    },
  };
}

/** The colour itself, or half way to white. */
function shaded(colour: string, shade: "pale" | "full"): string {
  if (shade === "full") return colour;
  const channels = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return `rgb(${channels.map((c) => Math.round((c + 255) / 2)).join(",")})`;
}

function marks(name: string, summaries: readonly EvaluationSummary[]): Trace {
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: summaries.map(({ mode }) => mode),
    y: summaries.map(({ accuracy }) => accuracy.mean),
    marker: {
      symbol: "line-ew-open",
      size: 90,
      color: REFERENCE_COLOUR,
      line: { width: 2 },
    },
  };
}
