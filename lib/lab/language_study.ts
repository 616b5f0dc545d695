/**
 * The study of a language model: arms on one preset, with bounds that were committed
 * before the runs (`data/language_model/study.json`), and the figures that they judge.
 *
 * An arm's seed is kept as `<arm>/seed-N/`: `config.json`, `metrics.jsonl`,
 * `timings.jsonl`, `scores.jsonl` (right samples, a number an item), `samples.md` (the
 * first and last steps, to be read) and `hardware.json`.
 */

import { join } from "node:path";
import type { SelfPlayConfig } from "../method/config.ts";
import type { StepMetrics } from "../method/metrics.ts";
import { readMetrics } from "../run/read.ts";
import { mean } from "./evaluation/statistics.ts";
import { thirdMean } from "./health.ts";
import { MODEL_PRESETS } from "./model_presets.ts";
import { seedFolder } from "./report_folder.ts";
import { accuracies, type ScoreRow } from "./scores.ts";
import { armSeeds, readScores } from "./study_scores.ts";

/** One arm: the preset with a few other settings. */
export interface LanguageArm {
  name: string;
  says: string;
  change: Partial<SelfPlayConfig>;
}

/** A figure of the runs, by name: shares from 0 to 1, the entropy in nats a token. */
export type LanguageFigure =
  | "malformed"
  | "valid"
  | "distinct"
  | "learnable"
  | "entropy"
  | "greedy"
  | "sampled";

/** A bound on a figure of an arm, or on its distance from another arm's. */
interface LanguageBound {
  figure: LanguageFigure;
  arm: string;
  against?: string;
  /** The first or last third of the steps, or the change from before to after. */
  moment: "first" | "last" | "change";
  least?: number;
  most?: number;
  says: string;
}

/** How much a language model's run is evaluated. */
export interface FunctionsPlan {
  /** Functions before and after self-play, from the first; 0 evaluates nothing. */
  functions: number;
  /** Functions during self-play. */
  during: number;
  /** Samples of an item at temperature 1, before and after. */
  samples: number;
  /** Functions with 64 samples of an item at temperature 1, before and after. */
  passFunctions: number;
}

/** The study as its file says it. */
export interface LanguageStudy {
  says: string;
  about: string;
  preset: string;
  steps: number;
  seeds: number[];
  evaluation: FunctionsPlan;
  arms: LanguageArm[];
  reference: string;
  bounds: LanguageBound[];
}

/** Reads a study from its folder. Throws where it names an arm or a preset that is not there. */
export function readLanguageStudy(folder: string): LanguageStudy {
  const file = join(folder, "study.json");
  const study: LanguageStudy = JSON.parse(Deno.readTextFileSync(file));
  const names = study.arms.map(({ name }) => name);
  const wanted = study.bounds.flatMap(({ arm, against }) => [
    arm,
    ...(against === undefined ? [] : [against]),
  ]);
  const missing = wanted.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new RangeError(`${file}: a bound names the arm "${missing}"`);
  }
  if (!Object.hasOwn(MODEL_PRESETS, study.preset)) {
    throw new RangeError(`${file}: there is no preset "${study.preset}"`);
  }
  return study;
}

/** The logs of one recorded seed. */
export interface RecordedSeed {
  seed: number;
  metrics: StepMetrics[];
  scores: ScoreRow[];
}

/** Reads the recorded seeds of an arm, in ascending order; none where nothing is recorded. */
export function recordedSeeds(folder: string, arm: string): RecordedSeed[] {
  return armSeeds(folder, { name: arm }).map((seed) => {
    const place = seedFolder(join(folder, arm), seed);
    return { seed, metrics: readMetrics(place), scores: readScores(place) };
  });
}

/** Returns a figure of recorded seeds at a moment; NaN where none is recorded. */
export function languageFigure(
  seeds: readonly RecordedSeed[],
  figure: LanguageFigure,
  moment: LanguageBound["moment"],
): number {
  if (seeds.length === 0) return NaN;
  if (figure === "greedy" || figure === "sampled") {
    const temperature = figure === "greedy" ? 0 : 1;
    return mean(seeds.map(({ scores }) => change(scores, temperature)));
  }
  if (moment === "change") {
    return languageFigure(seeds, figure, "last") -
      languageFigure(seeds, figure, "first");
  }
  const records = seeds.map(({ metrics }) => ({ metrics, timings: [] }));
  return thirdMean(records, moment, (row) => figureOf(row, figure));
}

/** A figure of one step, averaged over the modes that have it. */
export function figureOf(
  metrics: StepMetrics,
  figure: Exclude<LanguageFigure, "greedy" | "sampled">,
): number | null {
  if (figure === "entropy") return entropyOf(metrics);
  const { propose, solve } = metrics;
  const values = figure === "learnable"
    ? Object.values(solve).map(({ learnable }) => learnable)
    : Object.values(propose).map((mode) =>
      figure === "distinct" ? mode.distinctShare : mode[figure]
    );
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : mean(known);
}

/** Mean entropy a token of what was sampled, over roles and modes. */
function entropyOf({ propose, solve }: StepMetrics): number | null {
  const known = [...Object.values(propose), ...Object.values(solve)]
    .flatMap(({ entropyPerToken }) => entropyPerToken ?? []);
  return known.length === 0 ? null : mean(known);
}

/** The change of mean accuracy over all modes, from the first to the last full evaluation. */
function change(scores: readonly ScoreRow[], temperature: number): number {
  const last = Math.max(...scores.map(({ step }) => step));
  const at = (step: number) =>
    mean(
      scores.filter((row) => row.step === step)
        .filter((row) => row.temperature === temperature)
        .map((row) => mean(accuracies(row))),
    );
  return at(last) - at(0);
}

/** A bound with what was measured: `holds` is null where an arm is not recorded. */
interface JudgedBound extends LanguageBound {
  value: number;
  holds: boolean | null;
}

/** Judges every bound by the recorded ones of the study's seeds. */
export function judgeLanguageBounds(
  study: LanguageStudy,
  folder: string,
): JudgedBound[] {
  const judged = (name: string) =>
    recordedSeeds(folder, name).filter(({ seed }) =>
      study.seeds.includes(seed)
    );
  const seedsOf = new Map(study.arms.map(({ name }) => [name, judged(name)]));
  return study.bounds.map((bound) => {
    const { figure, arm, against, moment, least, most } = bound;
    const of = (name: string) =>
      languageFigure(seedsOf.get(name)!, figure, moment);
    const value = against === undefined ? of(arm) : of(arm) - of(against);
    const holds = Number.isNaN(value)
      ? null
      : value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    return { ...bound, value, holds };
  });
}
