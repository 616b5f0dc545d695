/**
 * `deno task report`: rebuilds every report under data/experiment from the logs
 * beside it, experiments and studies alike, the table of settings, and the tables of
 * results and speed in README. Equal logs give equal bytes.
 */

import { join } from "node:path";
import { presetNamed, PRESETS, STUDIES, studyNamed } from "../lib/lab/mod.ts";
import { experimentReport } from "./report/experiment.ts";
import { withResults } from "./report/readme.ts";
import { SETTINGS_PAGE, settingsPage } from "./report/settings.ts";
import { studyReport } from "./report/study.ts";

const DATA = "data";
const RUNS = join(DATA, "experiment");

/** The report of a folder of logs, by the folder's name. */
export function reportOf(name: string, folder: string): string {
  return name in PRESETS
    ? experimentReport(presetNamed(name), folder)
    : studyReport(studyNamed(name), folder);
}

/** The folders with logs of a preset or a study, in alphabetical order. */
export function reportedNames(folder = RUNS): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name)
    .filter((name) => name in PRESETS || name in STUDIES)
    .sort();
}

if (import.meta.main) {
  for (const name of reportedNames()) {
    const file = join(RUNS, name, "report.md");
    await Deno.writeTextFile(file, reportOf(name, join(RUNS, name)));
    console.log(file);
  }
  await Deno.writeTextFile(SETTINGS_PAGE, settingsPage());
  console.log(SETTINGS_PAGE);
  const readme = withResults(await Deno.readTextFile("README.md"), DATA);
  await Deno.writeTextFile("README.md", readme);
  console.log("README.md");
}
