/** The figures in README: tables between marks, made from the logs. */

import { join } from "node:path";
import { changeOf } from "../../lib/lab/study_changes.ts";
import {
  type EvaluationLog,
  type ReportLine,
  reportLines,
} from "../../lib/lab/report.ts";
import {
  judgeClaims,
  type JudgedClaim,
  type JudgedDifference,
} from "../../lib/lab/claims.ts";
import { readStudy } from "../../lib/lab/study_scores.ts";
import { seedFolder, seedsIn } from "../../lib/lab/report_folder.ts";
import { studyNamed } from "../../lib/lab/studies.ts";
import { readEvaluations } from "../../lib/run/read.ts";
import { recordingsOf } from "./earlier.ts";
import { poolTable } from "./pools.ts";
import { powerTable } from "./power.ts";
import { serveTable } from "./serve.ts";
import {
  languageSpeedTable,
  modelSpeedTable,
  sandboxSpeedTable,
} from "./speed.ts";
import { table } from "./table.ts";
import { tinkerTable } from "./tinker.ts";

/** The pages with tables, and the sections that each of them holds. */
export const PAGES: Record<string, readonly string[]> = {
  "data/experiment/README.md": ["pools", "power", "results"],
  "lib/engines/README.md": ["training on a Tinker server"],
  "lib/model/README.md": ["speed of the model", "speed of a language model"],
  "lib/sandbox/README.md": ["speed of the sandbox"],
  "lib/serve/README.md": ["load on the server"],
};

/** Returns a page's text with everything between marks made anew from the logs in `data`. */
export function withResults(page: string, text: string, data: string): string {
  const runs = join(data, "experiment");
  const sections: Record<string, () => string[]> = {
    "pools": () => [poolTable(join(runs, "pool"))],
    "power": () => [powerTable(runs)],
    "results": () => [
      presetTable(join(runs, "default")),
      corpusTable(join(runs, "beyond")),
      claimTable(join(runs, "ablations")),
    ],
    "speed of the model": () => [modelSpeedTable(join(data, "model"))],
    "speed of a language model": () => [
      languageSpeedTable(join(data, "model")),
    ],
    "speed of the sandbox": () => [
      sandboxSpeedTable(join(data, "executor", "bench.json")),
    ],
    "load on the server": () => [serveTable(data)],
    "training on a Tinker server": () => [tinkerTable(data)],
  };
  return PAGES[page].reduce(
    (text, name) =>
      withSection(page, text, name, sections[name]().join("\n\n")),
    text,
  );
}

function withSection(
  page: string,
  text: string,
  name: string,
  section: string,
): string {
  const begin = `<!-- ${name}: written by deno task report -->`;
  const end = `<!-- end of ${name} -->`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(`${page}: put "${begin}" and "${end}" around the tables`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${section}\n\n` +
    text.slice(to);
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

/**
 * What self-play adds depends on what the corpus leaves out: the base made to think
 * and the end of self-play, for a corpus that leaves out half of the steps and one
 * that leaves out none. Greedy, three seeds, study `beyond`.
 */
function corpusTable(folder: string): string {
  const scores = readStudy(studyNamed("beyond"), folder);
  const corpora = { default: "half of the steps", complete: "nothing" };
  const rows = Object.entries(corpora).flatMap(([arm, leftOut]) =>
    SHOWN.filter(([split, mode]) => split !== "words" && mode !== "induction")
      .flatMap(([split, mode]) => {
        const key = { split, mode, temperature: 0, forced: false };
        const change = changeOf([...scores.get(arm)!.values()], key);
        if (change === null || change.beyondForced === null) return [];
        const { before, forced, after, beyondForced } = change;
        const title = mode === "maths"
          ? `maths: ${split}`
          : `${mode}, ${split}`;
        const shares = [before, forced, after].map(percent);
        return [[leftOut, title, ...shares, points(beyondForced)]];
      })
  );
  return table([
    "the corpus leaves out",
    "greedy accuracy, 3 seeds",
    "base",
    "base, made to think",
    "after self-play",
    "beyond the base made to think",
  ], rows);
}

function claimTable(folder: string): string {
  const study = studyNamed("ablations");
  const claims = judgeClaims(study, ...recordingsOf(study, folder));
  const rows = claims.map(({ says, greedy, sampled }: JudgedClaim) => [
    says,
    ...[greedy, sampled].map(judgedCell),
  ]);
  return table(["claim", "greedy, points", "sampled, points"], rows);
}

/** The verdict by interval, and the one after correction where that is another. */
function judgedCell(found: JudgedDifference | null): string {
  if (!found) return "not played";
  const { verdict, corrected } = found;
  return `${points(found)}: ${verdict}` +
    (corrected === verdict ? "" : `; corrected: ${corrected}`);
}

const percent = (share: number) => (100 * share).toFixed(1);
const signed = (share: number) =>
  (share >= 0 ? "+" : "−") + percent(Math.abs(share));
const points = (found: { mean: number; low: number; high: number }) =>
  `${signed(found.mean)} [${signed(found.low)}, ${signed(found.high)}]`;
