/** The report of an experiment: its tables as Markdown, rebuilt from the logs alone. */

import type { Preset } from "../../lib/lab/presets.ts";
import {
  type EvaluationLog,
  type ReportLine,
  reportLines,
} from "../../lib/lab/report.ts";
import {
  readHardware,
  seedFolder,
  seedsIn,
} from "../../lib/lab/report_folder.ts";
import {
  readEvaluations,
  readMetrics,
  readTimings,
} from "../../lib/run/read.ts";
import { healthSection } from "./health.ts";
import { interval, intervalNote, percent } from "./markdown.ts";
import { passSection } from "./pass.ts";
import { targetSection } from "./targets.ts";
import { thoughtSection } from "./thought.ts";

/** Returns the report as Markdown. `title` and `notes` are the caller's. */
export function reportMarkdown(
  lines: readonly ReportLine[],
  title: string,
  notes: readonly string[],
): string {
  const header =
    "| split | mode | items | base | base, thinking forced | after self-play | change [95 %] | beyond forced [95 %] | thinks, before → after | tokens, before → after |\n" +
    "|---|---|---|---|---|---|---|---|---|---|\n";
  const table = (temperature: number) =>
    header + lines.filter((line) => line.temperature === temperature)
      .map(markdownRow).join("\n");
  const temperatures = [...new Set(lines.map((line) => line.temperature))];
  const sections = temperatures.map((temperature) =>
    `## ${temperature === 0 ? "Greedy" : `Temperature ${temperature}`}\n\n` +
    `${table(temperature)}\n`
  );
  return [`# ${title}\n`, ...notes.map((note) => `${note}\n`), ...sections]
    .join("\n");
}

function markdownRow(line: ReportLine): string {
  const cells = [
    line.split,
    line.mode,
    String(line.items),
    percent(line.before),
    percent(line.forced),
    percent(line.after),
    interval(line.change),
    interval(line.beyondForced),
    `${percent(line.thinkingBefore)} → ${percent(line.thinkingAfter)}`,
    `${line.tokensBefore.toFixed(1)} → ${line.tokensAfter.toFixed(1)}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Returns the report over all seeds in a folder; equal logs give equal text. */
export function experimentReport(
  { name, description }: Pick<Preset, "name" | "description">,
  folder: string,
): string {
  const seeds = seedsIn(folder);
  if (seeds.length === 0) {
    throw new Error(
      `${folder} holds no finished seed-N folder: run the experiment first`,
    );
  }
  const logs = seeds.map((seed) =>
    readEvaluations(seedFolder(folder, seed)) as unknown as EvaluationLog
  );
  const notes = seeds.map((seed) => hardwareNote(folder, seed)).join("\n");
  const records = seeds.map((seed) => ({
    metrics: readMetrics(seedFolder(folder, seed)),
    timings: readTimings(seedFolder(folder, seed)),
  }));
  return [
    reportMarkdown(reportLines(logs), `${name}: ${description}`, [
      notes,
      intervalNote(seeds.length),
    ]),
    targetSection(seeds, logs),
    thoughtSection(logs),
    passSection(logs),
    healthSection(records),
  ].filter((section) => section !== "").join("\n");
}

function hardwareNote(folder: string, seed: number): string {
  const { command, seconds, baseSeconds, hardware, loadAverage } = readHardware(
    seedFolder(folder, seed),
  );
  return `- seed ${seed}: \`${command}\`, ${seconds} s of which base model ` +
    `${baseSeconds} s, on ${hardware}, load average ${loadAverage.join(" ")}`;
}
