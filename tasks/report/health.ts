/**
 * The section of a report on how proposing and solving went, early and late in
 * a run, and on where time and tokens went.
 */

import { mean } from "../../lib/lab/evaluation/statistics.ts";
import {
  collapsedModes,
  type Role,
  type SeedRecord,
  thirdMean,
  thirdOf,
} from "../../lib/lab/health.ts";
import { markdownTable, percent } from "./markdown.ts";

const PROPOSER_ROWS = [
  ["valid", "valid", percent],
  ["malformed", "malformed", percent],
  ["refused by the sandbox", "invalid", percent],
  ["repeated", "duplicate", percent],
  ["held out, discarded", "heldOut", percent],
  ["distinct programs among valid and repeated", "distinctShare", percent],
  ["output is the input", "outputEqualsInput", percent],
  ["characters of a program", "meanProgramCharacters", plain],
  ["tokens of a proposal", "meanResponseTokens", plain],
  ["entropy per token, nats", "entropyPerToken", plain],
] as const;

const SOLVER_ROWS = [
  ["solve rate of fresh tasks", "freshSolveRate", percent],
  ["neither always nor never solved", "learnable", percent],
  ["malformed", "malformed", percent],
  ["thinks first", "thinkingRate", percent],
  ["tokens of an answer", "meanResponseTokens", plain],
  ["entropy per token, nats", "entropyPerToken", plain],
] as const;

function plain(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(2);
}

/** Returns the section of a report; `seeds` share one config. */
export function healthSection(seeds: readonly SeedRecord[]): string {
  const modes = Object.keys(seeds[0].metrics.at(-1)?.solve ?? {});
  if (modes.length === 0) return "";
  const table = (role: Role) => {
    const rows = (role === "propose" ? PROPOSER_ROWS : SOLVER_ROWS).map(
      ([name, field, show]) => [
        name,
        ...modes.map((mode) => {
          const at = (third: "first" | "last") =>
            thirdMean(seeds, third, (metrics) => {
              const of = metrics[role] as unknown as Record<
                string,
                Record<string, number | null> | undefined
              >;
              return of[mode]?.[field];
            });
          return `${show(at("first"))} → ${show(at("last"))}`;
        }),
      ],
    );
    return markdownTable(["first third → last third", ...modes], rows);
  };
  return [
    "## Proposing, early and late",
    table("propose"),
    collapseLine(seeds, modes),
    "## Solving, early and late",
    table("solve"),
    histogramTable(seeds, modes),
    "## Time and tokens",
    phaseTable(seeds),
    workTable(seeds),
  ].join("\n\n") + "\n";
}

function collapseLine(
  seeds: readonly SeedRecord[],
  modes: readonly string[],
): string {
  const collapsed = collapsedModes(seeds, modes);
  return "Collapse (late in the run less than half of the proposals valid, or " +
    "less than a third of the programs distinct): " +
    (collapsed.length === 0 ? "none." : `${collapsed.join(", ")}.`);
}

/** Fresh tasks by how many of the n rollouts solve them, in shares. */
function histogramTable(
  seeds: readonly SeedRecord[],
  modes: readonly string[],
): string {
  const rows = modes.flatMap((mode) =>
    (["first", "last"] as const).map((third) => {
      const counts = histogram(seeds, mode, third);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const shares = counts.map((count) => percent(count / total));
      return [`${mode}, ${third} third`, ...shares];
    })
  );
  const buckets = rows[0].length - 1;
  const header = Array.from({ length: buckets }, (_, k) => `${k} right`);
  return "Fresh tasks by right rollouts, in per cent:\n\n" +
    markdownTable(["tasks", ...header], rows);
}

function histogram(
  seeds: readonly SeedRecord[],
  mode: string,
  third: "first" | "last",
): number[] {
  const counts: number[] = [];
  for (const { metrics } of seeds) {
    for (const { solve } of thirdOf(metrics, third)) {
      const of = (solve as Record<string, { solveRateHistogram: number[] }>)[
        mode
      ];
      of?.solveRateHistogram.forEach((count, k) =>
        counts[k] = (counts[k] ?? 0) + count
      );
    }
  }
  return counts;
}

/** Seconds by phase of the loop, as each seed's run spent them. */
function phaseTable(seeds: readonly SeedRecord[]): string {
  const totals = seeds.map(({ timings }) => {
    const sums: Record<string, number> = {};
    for (const { seconds } of timings) {
      for (const [phase, value] of Object.entries(seconds)) {
        sums[phase] = (sums[phase] ?? 0) + value;
      }
    }
    return sums;
  });
  const phases = Object.keys(totals[0]);
  const rows = phases.map((phase) => {
    const values = totals.map((sums) => sums[phase] ?? 0);
    return [phase, mean(values).toFixed(1)];
  });
  return markdownTable(
    ["phase that ends with", "seconds, mean of seeds"],
    rows,
  );
}

/** What was asked of the models and the sandbox. */
function workTable(seeds: readonly SeedRecord[]): string {
  const kinds = new Map<string, { amount: number; seconds: number }>();
  for (const { timings } of seeds) {
    for (const { work } of timings) {
      for (const [kind, { amount, seconds }] of Object.entries(work)) {
        const sum = kinds.get(kind) ?? { amount: 0, seconds: 0 };
        sum.amount += amount;
        sum.seconds += seconds;
        kinds.set(kind, sum);
      }
    }
  }
  const rows = [...kinds].map(([kind, { amount, seconds }]) => [
    kind,
    Math.round(amount / seeds.length).toString(),
    (seconds / seeds.length).toFixed(1),
  ]);
  return markdownTable(
    ["asked of", "tokens or programs, mean of seeds", "seconds"],
    rows,
  );
}
