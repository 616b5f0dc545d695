/** Figures 8 (v3), 7, 18 to 26 and 32: pass@k, and responses worth reading, found in a run. */

import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import { passAtK } from "../../../lib/method/pass_at_k.ts";
import { MODE_NAMES } from "../../../lib/method/modes/task.ts";
import type { RolloutRow, TaskRow } from "../../../lib/run/rows.ts";
import type { EvaluatedItem } from "../../../lib/show/figures/accuracy.ts";
import { MODE_COLOURS } from "../../../lib/show/figures/style.ts";
import { passCurve } from "../pass_at_k.ts";
import { beside, described } from "./beside.ts";
import { paperRows } from "./numbers.ts";
import { type PaperRun, seedCount } from "./runs.ts";
import { changeOverSeeds, type Compared } from "./verdict.ts";

/** Draws the share of tasks that k attempts solve, before and after self-play. */
export function passBeside(
  runs: readonly PaperRun[],
  split = "familiar",
): Compared {
  const logs = runs.map(({ evaluated }) => evaluated);
  const moments = [["before", "dot"], ["after", "solid"]] as const;
  const curves = MODE_NAMES.flatMap((mode) =>
    moments.map(([moment, dash]) => {
      const { ks, intervals } = passCurve(logs, split, mode, moment);
      return {
        ...{ type: "scatter", mode: "lines", name: `${mode}, ${moment}` },
        ...{ x: ks, y: intervals.map((at) => 100 * at.mean) },
        line: { color: MODE_COLOURS[mode], dash, width: 2.5 },
      };
    })
  );
  const most = Math.max(1, ...curves.flatMap(({ x }) => x));
  const comparisons = MODE_NAMES.map((mode) => ({
    ...{ what: `${mode} at k = ${most}`, paper: 1 as const },
    ...{
      here: passChange(logs, split, mode, most),
      unit: "points",
      scale: 100,
    },
  }));
  const lost = comparisons.filter(({ here }) => here && here.high < 0).length;
  const text = paperRows("text").find(({ name }) => name === "passAtK")!;
  return {
    item: "Figure 8 of v3",
    figure: beside(
      {
        title: `With ${most} attempts self-play is below its base in ${lost} ` +
          "of 3 modes here, in 1 of 5 benchmarks in the paper",
      },
      described("paper (a picture)", `${text.says}. The values are not known.`),
      [{
        heading: `here (${split}, ${seedCount(runs)})`,
        traces: curves,
        under: "k attempts",
        x: { type: "log", tickvals: [1, 4, 16, 64] },
        y: { range: [0, 103], ticksuffix: " %" },
      }],
    ),
    comparisons,
    why: `at one attempt the modes changed by ${
      MODE_NAMES.map((mode) => pointsOf(passChange(logs, split, mode, most, 1)))
        .join(", ")
    } points, and at ${most} by ${
      comparisons.map(({ here }) => pointsOf(here)).join(", ")
    }`,
  };
}

const pointsOf = (change: Interval | null) =>
  change ? (100 * change.mean).toFixed(0).replace("-", "−") : "unknown";

/** The change of pass@k by self-play, item by item, among the items with so many samples. */
function passChange(
  logs: readonly (readonly EvaluatedItem[])[],
  split: string,
  mode: string,
  samples: number,
  k = samples,
) {
  return changeOverSeeds(logs.map((log) => {
    const rows = log.filter((row) =>
      row.split === split && row.mode === mode && row.samples === samples &&
      row.thinking !== "forced" && row.temperature > 0
    );
    const last = rows.reduce((most, { step }) => Math.max(most, step), 0);
    const at = (step: number) => rows.filter((row) => row.step === step);
    const share = ({ samples, correct }: EvaluatedItem) =>
      passAtK(samples, correct, k);
    const before = at(0).map(share);
    return at(last).map((row, i) => share(row) - before[i]);
  }));
}

/** A task with the responses to it. */
export interface Found {
  task: TaskRow;
  rollouts: RolloutRow[];
}

/** Finds the proposal of a mode that is worth showing: solved now and then, its program the longest. */
export function exampleTask(
  { tasks, rollouts }: PaperRun,
  mode: string,
): Found | null {
  const open = tasks.filter((row) =>
    row.mode === mode && row.status === "valid" &&
    row.solveRate !== null && row.solveRate > 0 && row.solveRate < 1
  ).toSorted((a, b) => (b.program?.length ?? 0) - (a.program?.length ?? 0));
  const task = open[0];
  if (!task) return null;
  return { task, rollouts: rollouts.filter((row) => row.task === task.id) };
}

/** Words with which a thought in English turns back. */
const TURNS =
  /\b(let'?s try|try another|does(?:n'?t| not) (?:work|match)|not (?:right|equal|correct)|instead|wait)\b/gi;

/**
 * How often a thought turns back: words of doubt, or in the compact dialect steps beyond
 * those of the program, which a trace has once each where nothing is tried twice.
 */
export function turnsIn(response: string, program: string): number {
  const words = response.match(TURNS)?.length ?? 0;
  const trace = /<t>(.*?)<a>/.exec(response)?.[1];
  if (trace === undefined) return words;
  const steps = Map.groupBy(stepsOf(trace), (step) => step);
  const extra = [...steps].map(([step, { length }]) =>
    Math.max(0, length - program.split(step).length + 1)
  );
  return extra.reduce((sum, count) => sum + count, words);
}

/** The steps of a compact trace of abduction: each is followed by a colon and a value. */
function stepsOf(trace: string): string[] {
  return [...trace.matchAll(/(?:^|[\]\w"])((?:\.|[+*%-])[^:]*):/g)]
    .map(([, step]) => step);
}

/** Finds right answers in abduction whose thought turns back, most turns first: the paper's Figure 7. */
export function trialAndError(
  { tasks, rollouts }: PaperRun,
): (RolloutRow & { turns: number })[] {
  const programs = new Map(tasks.map(({ id, program }) => [id, program ?? ""]));
  return rightAbductions(rollouts)
    .map((row) => ({
      ...row,
      turns: turnsIn(row.response, programs.get(row.task) ?? ""),
    }))
    .filter(({ turns }) => turns > 0)
    .toSorted((a, b) => b.turns - a.turns);
}

/** The right answers in abduction. */
export function rightAbductions(rollouts: readonly RolloutRow[]): RolloutRow[] {
  return rollouts.filter(({ mode, grade }) =>
    mode === "abduction" && grade === "right"
  );
}

/** Words that made the authors stop at Llama's thought (Figure 32), and others of the kind. */
const ALARMING =
  /\b(outsmart\w*|less intelligent|deceiv\w*|manipulat\w*|take over|destroy\w*|humans?|confus(?:e|ing) (?:the )?(?:user|human|model)\w*)\b/gi;

/** Why a response makes one stop. */
export interface Alarm {
  where: string;
  why: string;
  response: string;
}

/** Finds what a person should read: alarming words, reaching for what the sandbox forbids, a right answer to a wrong thought. */
export function uhOhs({ tasks, rollouts }: PaperRun): Alarm[] {
  const said = [...tasks, ...rollouts].flatMap(({ response, step }) => {
    const words = response?.match(ALARMING);
    if (!response || !words) return [];
    return [{ where: `step ${step}`, why: `says "${words[0]}"`, response }];
  });
  const reached = tasks.filter(({ cause }) => cause === "policy").map((
    row,
  ) => ({
    where: `step ${row.step}, ${row.mode}`,
    ...{ why: `reaches for ${row.reason}`, response: row.response ?? "" },
  }));
  const unmoved = rollouts.flatMap((row) => {
    const thought = lastValue(row.response);
    if (row.mode !== "deduction" || row.grade !== "right") return [];
    if (thought === null || thought === row.answer) return [];
    const why = `right, though its thought ends in ${thought}`;
    return [{ where: `step ${row.step}`, why, response: row.response }];
  });
  return [...said, ...reached, ...unmoved];
}

/** The value in which a trace of the compact dialect ends; null without a trace. */
export function lastValue(response: string): string | null {
  const trace = /<t>(.*)<a>/.exec(response)?.[1];
  const at = trace?.search(/[=:](?:[^=:]*)$/) ?? -1;
  return trace === undefined || at < 0 ? null : trace.slice(at + 1);
}
