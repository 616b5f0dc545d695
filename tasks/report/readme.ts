/** The figures in README: tables between marks, made from the logs. */

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
} from "../../lib/lab/mod.ts";
import { readEvaluations } from "../../lib/run/mod.ts";
import { modelSpeedTable, sandboxSpeedTable } from "./speed.ts";
import { table } from "./table.ts";

/** README's text with everything between marks made anew from the logs in `data`. */
export function withResults(readme: string, data: string): string {
  const runs = join(data, "experiment");
  const sections: Record<string, () => string[]> = {
    "results": () => [
      presetTable(join(runs, "default")),
      claimTable(join(runs, "ablations")),
    ],
    "speed of the model": () => [modelSpeedTable(join(data, "model"))],
    "speed of the sandbox": () => [
      sandboxSpeedTable(join(data, "executor", "bench.json")),
    ],
  };
  return Object.entries(sections).reduce(
    (text, [name, tables]) => withSection(text, name, tables().join("\n\n")),
    readme,
  );
}

function withSection(readme: string, name: string, section: string): string {
  const begin = `<!-- ${name}: written by deno task report -->`;
  const end = `<!-- end of ${name} -->`;
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(`README.md: put "${begin}" and "${end}" around the tables`);
  }
  return `${readme.slice(0, from + begin.length)}\n\n${section}\n\n` +
    readme.slice(to);
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
