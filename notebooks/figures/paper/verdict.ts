/**
 * The verdict below a figure: does what the paper found hold here?
 *
 * A verdict compares directions, never sizes: the paper's models are ten thousand times
 * as large, and its benchmarks are others. It is read off an interval by a rule.
 */

import { seedInterval } from "../../../lib/lab/evaluation/over_seeds.ts";
import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import type { Figure } from "../../../lib/show/figures/figure.ts";

export type Verdict = "same direction" | "differs" | "cannot tell";

const VERDICTS: readonly Verdict[] = [
  "same direction",
  "differs",
  "cannot tell",
];

/** One thing that a figure of the paper and its own counterpart both measure. */
export interface Comparison {
  what: string;
  /** The sign of the paper's change, or null where the paper gives none. */
  paper: 1 | -1 | null;
  /** The change here; null where it was not measured. */
  here: Interval | null;
  /** The unit of `here`, after multiplication by `scale` (1 unless given). */
  unit: string;
  scale?: number;
}

/** A figure of the paper beside its own counterpart. */
export interface Compared {
  /** "Figure 15", "Table 2". */
  item: string;
  figure: Figure;
  comparisons: readonly Comparison[];
  /** What the runs show of the cause, as the end of a sentence that begins with "because": measured, so that it holds of any run. */
  why: string;
}

/** The verdict on one comparison: the interval here has to lie on one side of zero. */
export function verdictOn({ paper, here }: Comparison): Verdict {
  const decided = here !== null && (here.low > 0 || here.high < 0);
  if (paper === null || !decided) return "cannot tell";
  return Math.sign(here.mean) === paper ? "same direction" : "differs";
}

/** The one sentence below a figure. */
export function sentenceOf({ item, comparisons, why }: Compared): string {
  const groups = Map.groupBy(comparisons, verdictOn);
  const said = VERDICTS.flatMap((verdict) => {
    const names = groups.get(verdict)?.map(({ what }) => what);
    return names ? [`${verdict} in ${names.join(", ")}`] : [];
  });
  const verdicts = said.length > 0 ? said.join("; ") : "cannot tell";
  return `${item}: ${verdicts}, because ${why}.`;
}

/** A line for each comparison, with the numbers that the sentence rests on. */
export function detailsOf({ comparisons }: Compared): string[] {
  const longest = Math.max(0, ...comparisons.map(({ what }) => what.length));
  return comparisons.map((comparison) => {
    const { what, paper, here, unit, scale = 1 } = comparison;
    const signed = (value: number) =>
      `${value < 0 ? "−" : "+"}${Math.abs(scale * value).toFixed(1)}`;
    const found = here
      ? `${signed(here.mean)} [${signed(here.low)}, ${signed(here.high)}]`
      : "not measured";
    const direction = paper === null ? "not stated" : paper > 0 ? "up" : "down";
    return `    ${what.padEnd(longest)}  paper: ${direction.padEnd(10)} ` +
      `here: ${found}${here ? ` ${unit}` : ""}: ${verdictOn(comparison)}`;
  });
}

/** The mean change with its 95 % interval; `changes[s]` are those of seed s. Null where there is none. */
export function changeOverSeeds(
  changes: readonly (readonly number[])[],
): Interval | null {
  const measured = changes.filter(({ length }) => length > 0);
  if (measured.length === 0) return null;
  return seedInterval(measured);
}

/** How often each verdict was reached, and by which items. */
export function tally(all: readonly Compared[]): string[] {
  const rows = all.flatMap(({ item, comparisons }) =>
    comparisons.map((comparison) => ({ item, verdict: verdictOn(comparison) }))
  );
  return VERDICTS.map((verdict) => {
    const own = rows.filter((row) => row.verdict === verdict);
    const items = [...new Set(own.map(({ item }) => item))].join(", ");
    return `${verdict}: ${own.length} of ${rows.length} comparisons` +
      (items ? ` (${items})` : "");
  });
}
