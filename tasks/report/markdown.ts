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

/** A change in points with its interval; empty where there is none. */
export function interval(value: Interval | null): string {
  if (value === null) return "";
  const { mean, low, high } = value;
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
}

function signed(share: number): string {
  return (share >= 0 ? "+" : "−") + Math.abs(100 * share).toFixed(1);
}
