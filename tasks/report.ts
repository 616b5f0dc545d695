/**
 * `deno task report`: rebuilds every report under data/experiment from the logs
 * beside it, experiments and studies alike, the table of settings, the tables of
 * results and speed in README, and the file of held-out items. Equal logs give equal bytes.
 */

import { join } from "node:path";
import { presetNamed, PRESETS } from "../lib/lab/presets.ts";
import { STUDIES, studyNamed } from "../lib/lab/studies.ts";
import { experimentReport } from "./report/experiment.ts";
import { itemsFile } from "./report/items.ts";
import { LANGUAGE_LOGS, languageReport } from "./report/language.ts";
import { PAGES, withResults } from "./report/readme.ts";
import { SCALE, scaleReport } from "./report/scale.ts";
import { SERVE, serveReport } from "./report/serve.ts";
import { SETTINGS_PAGE, settingsPage } from "./report/settings.ts";
import { studyReport } from "./report/study.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE =
  "deno task report\n\nrebuilds every report under data/experiment from its logs, and the tables of README";
const DATA = "data";
const RUNS = join(DATA, "experiment");

/** The held-out items of all presets and studies. */
export const ITEMS = join(RUNS, "items.parquet");

/** Returns the report of a folder of logs, by the folder's name. */
export function reportOf(name: string, folder: string): string {
  return name in PRESETS
    ? experimentReport(presetNamed(name), folder)
    : studyReport(studyNamed(name), folder);
}

/** Returns the folders with logs of a preset or a study, in alphabetical order. */
export function reportedNames(folder = RUNS): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name)
    .filter((name) => name in PRESETS || name in STUDIES)
    .sort();
}

async function main(args: readonly string[]): Promise<number> {
  readWords(args, {});
  for (const name of reportedNames()) {
    const file = join(RUNS, name, "report.md");
    await Deno.writeTextFile(file, reportOf(name, join(RUNS, name)));
    console.log(file);
  }
  const names = [...Object.keys(PRESETS), ...Object.keys(STUDIES)];
  await Deno.writeFile(ITEMS, itemsFile(names));
  console.log(ITEMS);
  const file = join(LANGUAGE_LOGS, "report.md");
  await Deno.writeTextFile(file, languageReport(LANGUAGE_LOGS));
  console.log(file);
  await Deno.writeTextFile(SETTINGS_PAGE, settingsPage());
  console.log(SETTINGS_PAGE);
  const scale = scaleReport(DATA);
  await Deno.writeTextFile(`${SCALE}.md`, scale.page);
  await Deno.writeTextFile(`${SCALE}.json`, scale.json);
  console.log(`${SCALE}.md`);
  await Deno.writeTextFile(`${SERVE}.md`, serveReport(DATA));
  console.log(`${SERVE}.md`);
  for (const page of Object.keys(PAGES)) {
    const text = withResults(page, await Deno.readTextFile(page), DATA);
    await Deno.writeTextFile(page, text);
    console.log(page);
  }
  return 0;
}

if (import.meta.main) await runTask(USAGE, main);
