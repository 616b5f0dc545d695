/** Tables and figures of reports as Markdown. */

import type { Interval } from "../../lib/lab/evaluation/statistics.ts";

export function markdownTable(
  header: readonly string[],
  rows: readonly string[][],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)]
    .join("\n");
}

/** Returns a share in per cent; empty where there is none. */
export function percent(share: number): string {
  return Number.isNaN(share) ? "" : (100 * share).toFixed(1);
}

/** A change in points with its interval and each seed's own; empty where there is none. */
export function interval(value: Interval | null): string {
  if (value === null || Number.isNaN(value.mean)) return "";
  const { mean, low, high, seeds } = value;
  const single = seeds ? ` (${seeds.map(signed).join(", ")})` : "";
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]${single}`;
}

/** How the intervals of a report with so many seeds are to be read. */
export function intervalNote(seeds: number): string {
  return seeds === 1
    ? "Intervals are 95 % bootstraps over the items of the one run: they say nothing about other seeds."
    : `Intervals are 95 %, over the ${seeds} seeds and the items that all of them share, in brackets; ` +
      "each seed's own value follows in parentheses. They are by Student's t on the means of the seeds, " +
      "or by the mean squares of seeds and items, whichever is widest.";
}

export function signed(share: number): string {
  return (share >= 0 ? "+" : "−") + Math.abs(100 * share).toFixed(1);
}
