/** A language model in a notebook: opened where it can be fetched, its run drawn and quoted. */

import { openModel } from "../../lib/engines/choice.ts";
import { ENGINES } from "../../lib/engines/mod.ts";
import "../../lib/extras/mod.ts";
import {
  bootstrapChange,
  mean,
  median,
} from "../../lib/lab/evaluation/statistics.ts";
import {
  figureOf,
  judgeLanguageBounds,
  readLanguageStudy,
} from "../../lib/lab/language_study.ts";
import { MODEL_PRESETS } from "../../lib/lab/model_presets.ts";
import {
  type HardwareRecord,
  readHardware,
} from "../../lib/lab/report_folder.ts";
import { accuracies, type ScoreRow } from "../../lib/lab/scores.ts";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import { dialectFor } from "../../lib/method/dialect_choice.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { TaskRow } from "../../lib/run/rows.ts";
import { readMetrics, readRows, readTimings } from "../../lib/run/read.ts";
import type { Setting } from "../../lib/method/setting.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import { lineChart } from "../../lib/show/figures/line_chart.ts";
import { modelFolder } from "../../tasks/model/folder.ts";

/** The preset that the notebook plays. */
export const PRESET = MODEL_PRESETS["laptop-lm"];

/** Opens the preset's model with other settings; null, with a printed sentence, where it cannot be fetched. */
export async function openLanguageModel(
  changes: Partial<SelfPlayConfig>,
): Promise<Setting | null> {
  let folder: string;
  try {
    folder = await modelFolder(PRESET.model);
  } catch {
    console.log("The model cannot be fetched here: cells that need it say so.");
    return null;
  }
  const config = { ...PRESET.selfPlay, ...changes };
  const opened = await openModel({ ...ENGINES.local, model: folder }, 1);
  const executor = await startExecutor({ languages: ["python"] });
  const dialect = dialectFor(config, opened.tokenizer);
  return { ...opened, config, executor, dialect };
}

/** Steps over which a curve is averaged: a step has four proposals a mode. */
const WINDOW = 5;

/** Draws shares of readable, valid and distinct proposals and of learnable tasks over the steps. */
export function formCurves(
  title: string,
  metrics: readonly StepMetrics[],
): Figure {
  const steps = metrics.filter(({ step }) => step > 0);
  const curve = (
    name: string,
    value: (row: StepMetrics) => number | null,
  ) => ({
    name,
    x: steps.map(({ step }) => step),
    y: steps.map((_, i) => {
      const near = steps.slice(Math.max(0, i + 1 - WINDOW), i + 1)
        .flatMap((row) => value(row) ?? []);
      return 100 * near.reduce((sum, one) => sum + one, 0) / near.length;
    }),
  });
  return lineChart(
    { title, x: "step", y: `% (mean of ${WINDOW} steps)` },
    [
      curve("can be read", (row) => {
        const malformed = figureOf(row, "malformed");
        return malformed === null ? null : 1 - malformed;
      }),
      curve("valid", (row) => figureOf(row, "valid")),
      curve("learnable tasks", (row) => figureOf(row, "learnable")),
      curve("distinct programs", (row) => figureOf(row, "distinct")),
    ],
  );
}

/** Returns the section of a step in a `samples.md`. */
export function sampleSection(samples: string, which: "first" | "last") {
  const sections = samples.split(/^(?=## )/m).filter((text) => text !== "");
  return sections.at(which === "first" ? 0 : -1)!;
}

/** What is recorded of a seed. */
export interface RecordedRun {
  metrics: StepMetrics[];
  scores: ScoreRow[];
  samples: string;
  hardware: HardwareRecord;
}

/** Reads a recorded seed; null, with a printed sentence, where it is not recorded. */
export function recordedRun(folder: string): RecordedRun | null {
  let hardware: HardwareRecord;
  try {
    const text = Deno.readTextFileSync(`${folder}/hardware.json`);
    hardware = JSON.parse(text);
  } catch {
    console.log("Not recorded yet: deno task study:language records it.");
    return null;
  }
  return {
    metrics: readMetrics(folder),
    scores: readRows(`${folder}/scores.jsonl`),
    samples: Deno.readTextFileSync(`${folder}/samples.md`),
    hardware,
  };
}

/** Says how long a step of a recorded run takes without evaluations and checkpoints, and on what. */
export function stepCost(folder: string): string {
  const { hardware, threads } = readHardware(folder);
  const seconds = readTimings(folder).filter(({ step }) => step > 0)
    .map(({ seconds }) =>
      Object.entries(seconds)
        .filter(([stage]) => stage !== "evaluated" && stage !== "saved")
        .reduce((sum, [, value]) => sum + value, 0)
    );
  const middle = median(seconds).toFixed(0);
  return `a step: ${middle} s, the median of ${seconds.length}; ${hardware}; ` +
    `TensorFlow threads: ${threads}`;
}

/** Lists how often each cause occurs among the proposals of a recorded run, the most frequent first. */
export function proposalCauses(tasks: readonly TaskRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { status, cause } of tasks) {
    const what = `${status}, ${cause}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${count} x ${what}`);
}

/** Says what changed from before to after, by mode and temperature. */
export function changes(scores: readonly ScoreRow[]) {
  return scores.filter(({ step }) => step > 0).map((after) => {
    const { mode, temperature } = after;
    const before = scores.find((row) =>
      row.step === 0 && row.mode === mode && row.temperature === temperature
    )!;
    return { mode, temperature, text: changeText(before, after) };
  });
}

/** Says the right answers before and after, and the change with its interval over the items. */
function changeText(before: ScoreRow, after: ScoreRow): string {
  const [from, to] = [accuracies(before), accuracies(after)];
  const { mean: by, low, high } = bootstrapChange(from, to, 0);
  const percent = (share: number) => (100 * share).toFixed(1);
  return `${percent(mean(from))} to ${percent(mean(to))} %, change ${
    percent(by)
  } [${percent(low)}, ${percent(high)}]`;
}

/** Judges the bounds of the study in a folder. */
export const judgedBounds = (folder: string) =>
  judgeLanguageBounds(readLanguageStudy(folder), folder);
