/** The results in README: tables between two marks, made from the logs. */

import { join } from "node:path";
import {
  type EvaluationLog,
  judgeClaims,
  type JudgedClaim,
  readStudy,
  type ReportLine,
  reportLines,
  seedFolder,
  seedsIn,
  studyNamed,
  verdictOf,
} from "../../lib/experiment/mod.ts";
import { readEvaluations } from "../../lib/run/mod.ts";

const BEGIN = "<!-- results: written by deno task report -->";
const END = "<!-- end of results -->";

/** README's text with the tables between the marks made anew. */
export function withResults(readme: string, data: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new Error(
      `README.md: put "${BEGIN}" and "${END}" around the results`,
    );
  }
  return readme.slice(0, begin + BEGIN.length) + "\n\n" +
    presetTable(join(data, "default")) + "\n\n" +
    claimTable(join(data, "ablations")) + "\n\n" + readme.slice(end);
}

const SHOWN: readonly (readonly [split: string, mode: string])[] = [
  ["familiar", "deduction"],
  ["familiar", "abduction"],
  ["familiar", "induction"],
  ["deep", "deduction"],
  ["deep", "abduction"],
  ["expressions", "maths"],
  ["words", "maths"],
];

function presetTable(folder: string): string {
  const seeds = seedsIn(folder);
  const logs = seeds.map((seed) =>
    readEvaluations(seedFolder(folder, seed)) as unknown as EvaluationLog
  );
  const lines = reportLines(logs).filter((line) => line.temperature === 0);
  const rows = SHOWN.flatMap(([split, mode]) =>
    lines.filter((line) => line.split === split && line.mode === mode)
      .map(resultRow)
  );
  return table([
    `greedy accuracy, ${seeds.length} seeds`,
    "base",
    "base, made to think",
    "after self-play",
    "gain [95 %]",
    "beyond the base made to think",
  ], rows);
}

function resultRow(line: ReportLine): string[] {
  const { split, mode, before, forced, after, change, beyondForced } = line;
  // Induction is traced in no corpus: made to think, the base only breaks.
  const comparable = mode !== "induction";
  return [
    mode === "maths" ? `maths: ${split}` : `${mode}, ${split}`,
    percent(before),
    comparable ? percent(forced) : "",
    percent(after),
    points(change),
    comparable ? points(beyondForced) : "",
  ];
}

function claimTable(folder: string): string {
  const study = studyNamed("ablations");
  const claims = judgeClaims(study, readStudy(study, folder));
  const rows = claims.map(({ says, margin, greedy, sampled }: JudgedClaim) => [
    says,
    ...[greedy, sampled].flatMap((found) =>
      found ? [`${points(found)}: ${verdictOf(found, margin)}`] : ["not played"]
    ),
  ]);
  return table(["claim", "greedy, points", "sampled, points"], rows);
}

const percent = (share: number) => (100 * share).toFixed(1);
const signed = (share: number) =>
  (share >= 0 ? "+" : "−") + percent(Math.abs(share));
const points = (found: { mean: number; low: number; high: number }) =>
  `${signed(found.mean)} [${signed(found.low)}, ${signed(found.high)}]`;

/** A table as the formatter lays it out: cells padded to their column. */
function table(header: string[], rows: readonly string[][]): string {
  const widths = header.map((cell, i) =>
    Math.max(3, cell.length, ...rows.map((row) => row[i].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}
