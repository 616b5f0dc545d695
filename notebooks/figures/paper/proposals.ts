/** Figure 27 and appendix C.5: how involved, how new and how various the proposed programs are. */

import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import {
  officialComplexityScore,
  officialHalsteadScore,
} from "../../../lib/extras/complexity/official.ts";
import type { StepMetrics } from "../../../lib/method/metrics.ts";
import { MODE_NAMES } from "../../../lib/method/modes/task.ts";
import { OTHER_COLOURS } from "../../../lib/show/figures/style.ts";
import { seedTraces } from "../metric_panels.ts";
import { beside, dotRows, PAPER_COLOUR } from "./beside.ts";
import { paperFigure, paperRows } from "./numbers.ts";
import { shiftOf, wentFrom } from "./rewards_lengths.ts";
import { type PaperRun, seedCount } from "./runs.ts";
import { changeOverSeeds, type Compared } from "./verdict.ts";

/** The four measures of Figure 27 by the names that the kit logs them under. */
const MEASURES = {
  complexity: "complexity",
  halstead: "Halstead",
  editDistance: "edit distance",
  answerDiversity: "answer diversity",
} as const;
type Measure = keyof typeof MEASURES;

/** The mean of a measure over the modes in which the proposer writes what is measured. */
function measureOf({ propose }: StepMetrics, measure: Measure): number | null {
  const values = MODE_NAMES.flatMap((mode) =>
    propose[mode]?.intrinsic[measure] ?? []
  );
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Draws the four measures over the steps, beside the ends of the paper's curves. */
export function proposerMeasures(runs: readonly PaperRun[]): Compared {
  const { ends } = paperFigure("27");
  const names = Object.keys(MEASURES) as Measure[];
  const colours = names.map((_, i) => OTHER_COLOURS[i + 2]);
  const metrics = runs.map((run) => run.metrics);
  const shifts = names.map((name) =>
    shiftOf(runs, (row) => measureOf(row, name))
  );
  const risen = shifts.filter((shift) => shift && shift.low > 0).length;
  const axis = { range: [-0.03, 1.05] };
  return {
    item: "Figure 27",
    figure: beside(
      {
        title: `${risen} of the 4 measures of proposals rise here; ` +
          "all 4 do in the paper",
      },
      {
        heading: "paper: ends of its curves",
        traces: names.map((name, i) => ({
          ...{ type: "scatter", mode: "text+markers", showlegend: false },
          ...{
            x: [0.1],
            y: [ends![name]],
            text: [`${MEASURES[name]} ${ends![name]}`],
          },
          ...{ textposition: "middle right", textfont: { size: 11 } },
          marker: { color: colours[i], size: 9 },
        })),
        x: { range: [0, 1], showticklabels: false, showgrid: false },
        y: axis,
      },
      [{
        heading: `here (${seedCount(runs)})`,
        traces: names.flatMap((name, i) =>
          seedTraces(metrics, (row) => measureOf(row, name), {
            ...{ name: MEASURES[name], colour: colours[i] },
          })
        ),
        under: "step",
        y: axis,
      }],
    ),
    comparisons: names.map((name, i) => ({
      ...{ what: MEASURES[name], paper: 1, unit: "× 100", scale: 100 },
      here: shifts[i],
    })),
    why: `proposed programs went from ${
      wentFrom(
        runs,
        ({ propose }) => propose.deduction?.meanProgramCharacters,
      )
    } letters in deduction, and a cognitive complexity of 0 is a program ` +
      "without branches",
  };
}

type Score = typeof officialComplexityScore;

/** The difference of a score between a proposed program and the solver's right ones for it, task by task. */
export function gapOverRuns(
  runs: readonly PaperRun[],
  score: Score,
): Interval | null {
  return changeOverSeeds(runs.map(({ tasks, rollouts, config }) => {
    const language = config.language;
    const programs = new Map(tasks.map(({ id, program }) => [id, program]));
    return rollouts.flatMap(({ mode, grade, answer, task }) => {
      const proposed = programs.get(task);
      if (mode !== "induction" || grade !== "right") return [];
      if (!proposed || answer === null) return [];
      return [
        score({ language, source: proposed }) -
        score({ language, source: answer }),
      ];
    });
  }));
}

/** Appendix C.5: the complexity of a proposed program less that of the solver's program for it. */
export function complexityGap(runs: readonly PaperRun[]): Compared {
  const stated = paperRows("text").find(({ name }) =>
    name === "complexityDifference"
  )!;
  const here = gapOverRuns(runs, officialComplexityScore);
  const halstead = gapOverRuns(runs, officialHalsteadScore);
  const compared = runs.flatMap(({ rollouts }) => rollouts)
    .filter(({ mode, grade }) => mode === "induction" && grade === "right")
    .length;
  const range: [number, number] = [-0.1, 0.35];
  const axis = { title: "proposer − solver", zero: true, range };
  return {
    item: "Appendix C.5",
    figure: beside(
      {
        title: "Proposed programs against the solver's for the same task: " +
          `${here ? here.mean.toFixed(3) : "not recorded"} here, ` +
          `${stated.value} in the paper`,
        height: 130,
      },
      dotRows("paper: mean", [
        ...[{ label: "complexity", value: stated.value as number }].map((
          row,
        ) => ({
          ...{ ...row, colour: PAPER_COLOUR },
        })),
        { label: "Halstead", value: null, absent: "not stated" },
      ], axis),
      [dotRows(`here (${seedCount(runs)})`, [
        { label: "complexity", value: here },
        { label: "Halstead", value: halstead },
      ], axis)],
    ),
    comparisons: [{
      what: "complexity",
      ...{ paper: 1, here, unit: "of the score × 100", scale: 100 },
    }],
    why:
      `${compared} right answers in induction can be compared, and programs ` +
      "without branches have a complexity of 0",
  };
}
