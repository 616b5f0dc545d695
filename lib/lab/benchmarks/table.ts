/** Rows of benchmarks gathered into a table, with intervals over items. */

import { type Interval, mean } from "../evaluation/statistics.ts";
import { benchmarkNamed } from "./benchmarks.ts";
import type { BenchmarkRow } from "./evaluate.ts";
import type { GuessScores } from "./guesses.ts";

/** One line of the table. */
interface BenchmarkScore {
  benchmark: string;
  items: number;
  /** Mean share of right samples. */
  accuracy: Interval;
  /** Mean tokens of a response. */
  tokens: number;
  /** How often each cause of a failure was met. */
  failures: Record<string, number>;
}

/** The scores of the benchmarks, in the order of their first rows. */
export function benchmarkScores(
  rows: readonly BenchmarkRow[],
): BenchmarkScore[] {
  return [...Map.groupBy(rows, ({ benchmark }) => benchmark)].map(
    ([benchmark, group]) => {
      const failures = group.flatMap(({ causes }) => causes)
        .filter((cause) => cause !== "match");
      const counts = Map.groupBy(failures, (cause) => cause);
      const shares = group.map(({ correct, samples }) => correct / samples);
      return {
        benchmark,
        items: group.length,
        accuracy: wilson(mean(shares), group.length),
        tokens: mean(group.flatMap(({ tokens }) => tokens)),
        failures: Object.fromEntries(
          [...counts].map(([cause, { length }]) => [cause, length]),
        ),
      };
    },
  );
}

/**
 * Returns Wilson's 95 % interval of a share over items (Wilson 1927): it does not shrink
 * to a point where no item is right, as a bootstrap does. Where items have several
 * samples it is too wide rather than too narrow.
 */
function wilson(share: number, items: number): Interval {
  const z2 = 1.959964 ** 2;
  const middle = (share + z2 / (2 * items)) / (1 + z2 / items);
  const spread = share * (1 - share) / items + z2 / (4 * items ** 2);
  const half = Math.sqrt(z2 * spread) / (1 + z2 / items);
  const [low, high] = [middle - half, middle + half];
  return { mean: share, low: Math.max(0, low), high: Math.min(1, high) };
}

/** The table in Markdown; below it the cost, who may have seen the items, and what guesses score. */
export function benchmarkTable(
  rows: readonly BenchmarkRow[],
  guesses: GuessScores = {},
): string {
  const scores = benchmarkScores(rows);
  const lines = scores.map(({ benchmark, items, accuracy, tokens, failures }) =>
    `| ${benchmark} | ${items} | ${percent(accuracy.mean)} | ` +
    `${percent(accuracy.low)} to ${percent(accuracy.high)} | ` +
    `${tokens.toFixed(0)} | ${
      Object.entries(failures).map(([cause, count]) => `${count} ${cause}`)
        .join(", ")
    } |`
  );
  return [
    "| benchmark | items | right, % | 95 % interval over items | tokens | what failed |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
    ...scores.map(({ benchmark }) => noteOn(benchmark, guesses[benchmark])),
    "",
    costOf(rows),
  ].join("\n");
}

function noteOn(name: string, guesses: Record<string, number> = {}): string {
  const floors = Object.entries(guesses).map(([guess, share]) =>
    `${guess} ${percent(share)} %`
  );
  const floor = floors.length > 0
    ? `. Right by guessing: ${floors.join(", ")}`
    : "";
  return `- ${name}: ${benchmarkNamed(name).caution}${floor}.`;
}

function costOf(rows: readonly BenchmarkRow[]): string {
  const count = (numbers: readonly number[]) =>
    numbers.reduce((sum, n) => sum + n, 0).toLocaleString("en");
  const asked = count(rows.map(({ promptTokens }) => promptTokens));
  const answered = count(rows.flatMap(({ tokens }) => tokens));
  return `Cost: ${asked} tokens of prompts, ${answered} of responses.`;
}

const percent = (share: number) => (100 * share).toFixed(1);
