/**
 * Held-out accuracy over the steps of self-play, from the scores of several
 * seeds.
 *
 * During a run only some items are evaluated; the curves follow those that were
 * evaluated at every step, so that each step is measured on the same ones.
 */

import { seedInterval } from "../../lab/evaluation/over_seeds.ts";
import { type Interval, mean } from "../../lab/evaluation/statistics.ts";
import type { ScoreRow } from "../../lab/scores.ts";
import type { Figure, Trace } from "./figure.ts";
import { type Panel, panelFigure } from "./panels.ts";
import { bandTraces, translucent } from "./seed_bands.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
} from "./style.ts";

/** The scores of one seed, as `scoreRows` gives them. */
type SeedScores = readonly ScoreRow[];

/** A curve of one mode: per step the mean of the seeds, and each seed's own. */
interface AccuracyCurve {
  steps: number[];
  intervals: Interval[];
  /** `seeds[s][i]` belongs to `steps[i]`. */
  seeds: number[][];
  /** The untouched model when made to think, on the same items; null if not evaluated. */
  forced: Interval | null;
  items: number;
}

/** The selection of a curve's scores. */
interface CurveSelection {
  split: string;
  mode: ScoreRow["mode"];
  temperature?: number;
}

/** Returns the accuracy curve of a mode with 95 % intervals (`seedInterval`); null without scores. */
export function accuracyCurve(
  seeds: readonly SeedScores[],
  { split, mode, temperature = 0 }: CurveSelection,
): AccuracyCurve | null {
  const chosen = seeds.map((scores) =>
    scores.filter((row) =>
      row.split === split && row.mode === mode &&
      row.temperature === temperature
    )
  );
  const free = chosen.map((rows) =>
    firstOfSteps(rows.filter(({ thinking }) => thinking !== "forced"))
  );
  const steps = commonSteps(free);
  if (steps.length === 0) return null;
  // Fewer items are evaluated during a run: always the first ones of the split.
  const items = Math.min(...free.flat().map(({ correct }) => correct.length));
  const at = (rows: SeedScores, step: number) => {
    const row = rows.find((row) => row.step === step);
    return row?.correct.slice(0, items).map((right) => right / row.samples) ??
      [];
  };
  const forced = chosen.map((rows) =>
    at(rows.filter(({ thinking }) => thinking === "forced"), 0)
  );
  const ran = forced.every((values) => values.length > 0);
  return {
    steps,
    intervals: steps.map((step) =>
      seedInterval(free.map((rows) => at(rows, step)))
    ),
    seeds: free.map((rows) => steps.map((step) => mean(at(rows, step)))),
    forced: ran ? seedInterval(forced) : null,
    items,
  };
}

/** Returns one row per step: fewer items, sampled more often for pass@k, may follow it. */
function firstOfSteps(rows: SeedScores): SeedScores {
  return [...Map.groupBy(rows, ({ step }) => step).values()]
    .map(([first]) => first);
}

/** Returns the steps at which every seed was evaluated. */
function commonSteps(seeds: readonly SeedScores[]): number[] {
  const sets = seeds.map((rows) => new Set(rows.map(({ step }) => step)));
  return [...(sets[0] ?? [])].filter((step) =>
    sets.every((set) => set.has(step))
  ).sort((a, b) => a - b);
}

/**
 * Draws a panel per mode: the mean of the seeds with its 95 % band, every seed as a
 * thin line, and the accuracy of the base model when it is forced to think.
 */
export function learningCurves(
  seeds: readonly SeedScores[],
  split: string,
): Figure {
  const changes: string[] = [];
  const panels = DRAWN_MODES.flatMap((mode) => {
    const curve = accuracyCurve(seeds, { split, mode });
    if (!curve) return [];
    const [first, last] = [0, -1].map((end) =>
      Math.round(100 * curve.intervals.at(end)!.mean)
    );
    changes.push(`${mode} ${first} → ${last} %`);
    const traces = [
      ...seedLines(curve, MODE_COLOURS[mode]),
      ...forcedLine(curve),
      ...bandTraces({
        name: "self-play",
        x: curve.steps,
        intervals: curve.intervals,
        colour: MODE_COLOURS[mode],
      }),
    ];
    return [{ title: `${mode} (${curve.items} items)`, traces }];
  });
  const count = seeds.length === 1 ? "1 seed" : `${seeds.length} seeds`;
  const title = `Held-out, greedy (${split}, ${count}): ${changes.join(", ")}`;
  return accuracyPanels(title, "step of self-play", panels);
}

function accuracyPanels(title: string, x: string, panels: Panel[]): Figure {
  const y = "right answers";
  return panelFigure({ title, x, y, yRange: [0, 1], percent: "y" }, panels);
}

function seedLines({ seeds, steps }: AccuracyCurve, colour: string): Trace[] {
  if (seeds.length === 1) return [];
  return seeds.map((y) => ({
    type: "scatter",
    mode: "lines",
    name: "single seeds",
    x: steps,
    y,
    line: { color: translucent(colour, 0.4), width: 1 },
  }));
}

function forcedLine({ forced, steps }: AccuracyCurve): Trace[] {
  if (!forced) return [];
  return bandTraces({
    name: "the untouched base, made to think",
    x: [steps[0], steps[steps.length - 1]],
    intervals: [forced, forced],
    colour: REFERENCE_COLOUR,
    dash: "dot",
  });
}

const REFERENCE_ARM_COLOUR = "#000000";
const ARM_COLOURS = OTHER_COLOURS.filter((one) => one !== REFERENCE_ARM_COLOUR);

/** Runs that differ in one setting. */
interface DrawnArm {
  name: string;
  seeds: readonly SeedScores[];
}

/**
 * Draws a panel per mode with a line per arm: the greedy mean of the arm's seeds. The
 * first arm's line is thick and black. A dotted line shows the first arm's base model
 * when it is forced to think. Arms without steps have no line.
 */
export function armCurves(
  title: string,
  arms: readonly DrawnArm[],
  split: string,
): Figure {
  const ranges: string[] = [];
  const panels = DRAWN_MODES.flatMap((mode) => {
    const ends: number[] = [];
    const traces = arms.flatMap(({ name, seeds }, i): Trace[] => {
      const curve = accuracyCurve(seeds, { split, mode });
      if (!curve || curve.steps.length < 2) return [];
      ends.push(Math.round(100 * curve.intervals.at(-1)!.mean));
      return [{
        type: "scatter",
        mode: "lines",
        name,
        x: curve.steps,
        y: curve.intervals.map(({ mean }) => mean),
        line: {
          color: i === 0
            ? REFERENCE_ARM_COLOUR
            : ARM_COLOURS[(i - 1) % ARM_COLOURS.length],
          width: i === 0 ? 4 : 2,
        },
      }];
    });
    const reference = arms.length > 0
      ? accuracyCurve(arms[0].seeds, { split, mode })
      : null;
    if (reference) traces.push(...forcedLine(reference).slice(1));
    if (ends.length > 0) {
      ranges.push(`${mode} ${Math.min(...ends)} to ${Math.max(...ends)} %`);
    }
    return traces.length > 0 ? [{ title: mode, traces }] : [];
  });
  return accuracyPanels(
    `${title}: arms end at ${ranges.join(", ")} (${split})`,
    "step",
    panels,
  );
}
