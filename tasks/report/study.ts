/**
 * The report of a study as Markdown: its arms beside each other, and what its
 * claims came to. Equal logs give equal text.
 */

import { join } from "node:path";
import { judgeClaims, type JudgedDifference } from "../../lib/lab/claims.ts";
import { mean } from "../../lib/lab/evaluation/statistics.ts";
import { seedFolder } from "../../lib/lab/report_folder.ts";
import {
  accuracies,
  scoreAt,
  type ScoreKey,
  type ScoreRow,
} from "../../lib/lab/scores.ts";
import type { Arm, Study } from "../../lib/lab/studies.ts";
import {
  difference,
  familiar,
  MODES,
  readStudy,
  type StudyScores,
} from "../../lib/lab/study_scores.ts";
import { boundSection, depthSection, forcedSection } from "./bounds.ts";
import { earlierSection } from "./earlier.ts";
import { interval, intervalNote, markdownTable, percent } from "./markdown.ts";
import { noiseSection } from "./noise.ts";
import { changeTable } from "./study_changes.ts";
import { computeTable } from "./study_compute.ts";
import { proposalTable } from "./study_proposals.ts";

/** Returns the whole report as Markdown. */
export function studyReport(study: Study, folder: string): string {
  const scores = readStudy(study, folder);
  if (scores.size === 0) {
    throw new Error(
      `${folder} holds no finished arm: run deno task ablate ${study.name}`,
    );
  }
  const parts = [
    `# ${study.name}: ${study.says}`,
    armTable(study, scores),
    intervalNote(Math.max(...[...scores.values()].map(({ size }) => size))),
    accuracyTable(study, scores),
    changeTable(scores, greedySplits(study, scores)),
  ];
  if (study.claims.length > 0) {
    parts.push(
      claimTable(study, scores),
      earlierSection(study, scores, folder),
    );
  }
  if (study.bounds) {
    parts.splice(1, 0, boundSection(study, scores));
    parts.push(forcedSection(study, scores), depthSection(study, scores));
  }
  parts.push(noiseSection(study, scores, folder));
  const folders = [...scores].map(([name, bySeed]) => ({
    name,
    folders: [...bySeed.keys()].map((seed) =>
      seedFolder(join(folder, name), seed)
    ),
  }));
  parts.push(proposalTable(folders), computeTable(folders));
  return parts.filter((part) => part !== "").join("\n\n") + "\n";
}

function played(study: Study, scores: StudyScores): Arm[] {
  return study.arms.filter(({ name }) => scores.has(name));
}

function armTable(study: Study, scores: StudyScores): string {
  const rows = played(study, scores).map(({ name, says, change }) => {
    const settings = Object.values(change).flatMap((part) =>
      Object.entries(part).map(([key, value]) =>
        `\`${key}: ${JSON.stringify(value)}\``
      )
    );
    const seeds = [...scores.get(name)!.keys()].join(", ");
    return [name, says, settings.join(" "), seeds];
  });
  return markdownTable(["arm", "what it is", "settings", "seeds"], rows);
}

/** Returns the splits that the reference arm, or else the first, was evaluated on greedily. */
function greedySplits(study: Study, scores: StudyScores): ScoreKey[] {
  const arm = scores.get(study.reference) ?? [...scores.values()][0];
  return groupsOf([...arm.values()]).filter((key) => key.temperature === 0);
}

function accuracyTable(study: Study, scores: StudyScores): string {
  const reference = scores.get(study.reference);
  const splits = groupsOf([...(reference ?? [...scores.values()][0]).values()]);
  const sections = [0, 1].map((temperature) => {
    const keys = splits.filter((key) => key.temperature === temperature);
    if (keys.length === 0) return "";
    const title = temperature === 0 ? "Greedy" : "Temperature 1";
    return `## ${title}\n\n${splitTable(study, scores, keys, temperature)}`;
  });
  return sections.filter((text) => text !== "").join("\n\n");
}

function splitTable(
  study: Study,
  scores: StudyScores,
  keys: readonly ScoreKey[],
  temperature: number,
): string {
  const names = keys.map(({ split, mode }) =>
    mode === "maths" ? split : `${split} ${mode}`
  );
  const rows = played(study, scores).map(({ name }) => {
    const seeds = [...scores.get(name)!.values()];
    const cells = keys.map((key) => percent(meanAccuracy(seeds, key)));
    const change = name === study.reference
      ? null
      : difference(scores, name, study.reference, familiar(MODES, temperature));
    return [name, ...cells, thinking(seeds, temperature), interval(change)];
  });
  const [first] = scores.get(study.reference)?.values() ?? [];
  const lines = first
    ? [
      baseRow("(base)", scores, study, keys, false),
      baseRow("(base, thinking forced)", scores, study, keys, true),
    ]
    : [];
  return markdownTable(
    ["arm", ...names, "thinks", `familiar, against ${study.reference} [95 %]`],
    [...lines, ...rows],
  );
}

function baseRow(
  title: string,
  scores: StudyScores,
  study: Study,
  keys: readonly ScoreKey[],
  forced: boolean,
): string[] {
  const seeds = [...scores.get(study.reference)!.values()];
  const cells = keys.map((key) => {
    const rows = seeds.map((rows) =>
      scoreAt(rows, "first", { ...key, forced })
    );
    return percent(meanOf(rows));
  });
  return [title, ...cells, "", ""];
}

function meanAccuracy(seeds: readonly ScoreRow[][], key: ScoreKey): number {
  return meanOf(seeds.map((rows) => scoreAt(rows, "last", key)));
}

function meanOf(rows: readonly (ScoreRow | null)[]): number {
  return mean(
    rows.flatMap((row) => row === null ? [] : [mean(accuracies(row))]),
  );
}

/** Returns the share of the familiar deduction and abduction answers that think first. */
export function thinking(
  seeds: readonly ScoreRow[][],
  temperature: number,
): string {
  const rates = seeds.flatMap((rows) =>
    familiar(["deduction", "abduction"], temperature).flatMap((key) =>
      scoreAt(rows, "last", key)?.thinkingRate ?? []
    )
  );
  return percent(mean(rates));
}

/** Returns the kinds of free score that runs end with, in the order of their first. */
function groupsOf(seeds: readonly ScoreRow[][]): ScoreKey[] {
  const last = Math.max(...seeds[0].map(({ step }) => step));
  return seeds[0].filter((row) =>
    row.step === last && row.thinking !== "forced"
  )
    .map(({ split, mode, temperature }) => ({
      split,
      mode,
      temperature,
      forced: false,
    }));
}

function claimTable(study: Study, scores: StudyScores): string {
  const rows = judgeClaims(study, scores).map((claim) => [
    claim.says,
    claim.source,
    `${claim.better} − ${claim.worse}` +
    (claim.worseForced ? ", thinking forced" : "") +
    (claim.modes ? ` (${claim.modes.join(", ")})` : ""),
    ...judgedCells(claim.greedy),
    ...judgedCells(claim.sampled),
  ]);
  const columns = ["verdict", "p corrected", "verdict corrected"];
  return "## What holds here\n\n" + markdownTable([
    "claim",
    "source",
    "compared",
    "greedy [95 %]",
    ...columns,
    "temperature 1 [95 %]",
    ...columns,
  ], rows) +
    "\n\nMean accuracy on the familiar splits, in points. Verdicts are read off the " +
    'intervals; "equal within the margin" is the outcome of two one-sided tests at ' +
    "5 %, where the claim states a margin. The correction is Holm's, for all tests of this table.";
}

function judgedCells(found: JudgedDifference | null): string[] {
  if (found === null) return ["", "not played", "", ""];
  const { verdict, p, corrected } = found;
  if (Number.isNaN(p)) return [interval(found), verdict, "", "one seed"];
  return [interval(found), verdict, shownP(p), corrected];
}

const shownP = (p: number) => p < .001 ? "< 0.001" : p.toFixed(3);
