/**
 * pass@k: the share of tasks solved by at least one of k samples.
 *
 * A base model that catches up as k grows could already do what training made
 * likelier; one that stays below has learnt something.
 */

import { seedInterval } from "../../lib/lab/evaluation/over_seeds.ts";
import type { Interval } from "../../lib/lab/evaluation/statistics.ts";
import { passAtK } from "../../lib/method/pass_at_k.ts";
import type { EvaluatedItem } from "../../lib/show/figures/accuracy.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  type BandLine,
  bandTraces,
  translucent,
} from "../../lib/show/figures/seed_bands.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";

/** The evaluation rows of one seed. */
export type SeedLog = readonly EvaluatedItem[];

/** Which samples of a run are counted. */
export type PassMoment = "before" | "forced" | "after";

const LINES: Record<PassMoment, { name: string; dash: string }> = {
  before: { name: "the untouched base", dash: "dash" },
  forced: { name: "the untouched base, made to think", dash: "dot" },
  after: { name: "after self-play", dash: "solid" },
};

/** pass@k of a mode at the powers of two that the log has samples for. */
export function passCurve(
  logs: readonly SeedLog[],
  split: string,
  mode: EvaluatedItem["mode"],
  moment: PassMoment,
): { ks: number[]; intervals: Interval[] } {
  const seeds = logs.map((log) =>
    sampledRows(
      log.filter((row) => row.split === split && row.mode === mode),
      moment,
    )
  );
  const most = Math.min(
    ...seeds.map((rows) => rows.length > 0 ? rows[0].samples : 0),
  );
  const ks: number[] = [];
  for (let k = 1; k <= most; k *= 2) ks.push(k);
  const intervals = ks.map((k) =>
    seedInterval(
      seeds.map((rows) =>
        rows.map(({ samples, correct }) => passAtK(samples, correct, k))
      ),
    )
  );
  return { ks, intervals };
}

/** The rows at temperature 1 with the most samples, at the first or last step. */
function sampledRows(rows: SeedLog, moment: PassMoment): SeedLog {
  const last = rows.reduce((most, { step }) => Math.max(most, step), 0);
  const step = moment === "after" ? last : 0;
  const chosen = rows.filter((row) =>
    row.step === step && row.temperature > 0 &&
    (row.thinking === "forced") === (moment === "forced")
  );
  const most = chosen.reduce((n, { samples }) => Math.max(n, samples), 0);
  return chosen.filter(({ samples }) => samples === most);
}

/** A panel per mode; bands are 95 %, thin lines single seeds. */
export function passCurves(logs: readonly SeedLog[], split: string): Figure {
  const changes: string[] = [];
  let most = 1;
  const panels = DRAWN_MODES.flatMap((mode) => {
    const traces = (["before", "forced", "after"] as const).flatMap(
      (moment) => {
        const { ks, intervals } = passCurve(logs, split, mode, moment);
        if (ks.length === 0) return [];
        const colour = moment === "after"
          ? MODE_COLOURS[mode]
          : REFERENCE_COLOUR;
        const line = { ...LINES[moment], x: ks, intervals, colour };
        return [...seedLines(line), ...bandTraces(line)];
      },
    );
    const [before, after] = (["before", "after"] as const).map((moment) =>
      passCurve(logs, split, mode, moment)
    );
    if (before.ks.length > 0 && after.ks.length > 0) {
      most = after.ks.at(-1)!;
      const [from, to] = [before, after].map(({ intervals }) =>
        Math.round(100 * intervals.at(-1)!.mean)
      );
      changes.push(`${mode} ${from} → ${to} %`);
    }
    return traces.length > 0 ? [{ title: mode, traces }] : [];
  });
  return panelFigure(
    {
      title: `Tasks with a right answer among ${most} samples (${split}): ` +
        changes.join(", "),
      x: "k samples",
      y: "tasks solved",
      percent: "y",
      yRange: [0, 1],
    },
    panels,
    { xaxis: { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64] } },
  );
}

/** A thin line per seed; none where the intervals are of one seed. */
function seedLines({ x, intervals, colour }: BandLine): Trace[] {
  const seeds = intervals[0].seeds ?? [];
  return seeds.map((_, seed) => ({
    type: "scatter",
    mode: "lines",
    name: "single seeds",
    showlegend: false,
    x,
    y: intervals.map((interval) => interval.seeds![seed]),
    line: { color: translucent(colour, 0.4), width: 1 },
  }));
}
