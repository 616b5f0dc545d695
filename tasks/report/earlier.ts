/**
 * The section on a study that was recorded twice: what each recording says of the
 * claims, and what both say together. The earlier one lies in `earlier/NAME` beside the
 * study's folder, its arms by the names that the study has today.
 */

import { dirname, join } from "node:path";
import { judgeClaims, type JudgedDifference } from "../../lib/lab/claims.ts";
import type { Study } from "../../lib/lab/studies.ts";
import { readStudy, type StudyScores } from "../../lib/lab/study_scores.ts";
import { interval, markdownTable } from "./markdown.ts";

/** Returns the scores of a study's earlier recording; null where there is none. */
function earlierScores(study: Study, folder: string): StudyScores | null {
  const earlier = join(dirname(folder), "earlier", study.name);
  const scores = readStudy(study, earlier);
  return scores.size === 0 ? null : scores;
}

/** Returns the scores of every recording of a study, the newest first. */
export function recordingsOf(study: Study, folder: string): StudyScores[] {
  const earlier = earlierScores(study, folder);
  return [readStudy(study, folder), ...earlier ? [earlier] : []];
}

/** Returns the section; empty where the study was recorded once. */
export function earlierSection(
  study: Study,
  scores: StudyScores,
  folder: string,
): string {
  const earlier = earlierScores(study, folder);
  if (earlier === null) return "";
  const again = onlySeedsOf(earlier, scores);
  const [first, second, both] = [[earlier], [again], [scores, earlier]]
    .map((recordings) => judgeClaims(study, ...recordings));
  const ways = ["greedy", "sampled"] as const;
  const pairs = first.flatMap((claim, i) =>
    ways.map((way) => [claim[way], second[i][way]])
  ).filter(([a, b]) => a !== null && b !== null);
  const differ = pairs.filter(([a, b]) => a!.verdict !== b!.verdict).length;
  const rows = first.flatMap((claim, i) =>
    ways.map((way) => [
      claim.says,
      way === "greedy" ? "greedy" : "temperature 1",
      ...[claim[way], second[i][way], both[i][way]].map(cell),
      both[i][way]?.corrected ?? "",
    ])
  );
  const seeds = [...earlier.get(study.reference)!.keys()].join(", ");
  return "## Recorded twice\n\nThe same arms were recorded earlier with seeds " +
    `${seeds}, by code whose numbers differ in the last digits. On those seeds ` +
    `${differ} of ${pairs.length} verdicts by interval differ between the two ` +
    "recordings. The last columns take both together: the two runs of a seed, " +
    "which have the same base model, are averaged and count as one seed; seeds " +
    "that were recorded once count as they are.\n\n" +
    markdownTable([
      "claim",
      "",
      "first recording",
      "second recording, same seeds",
      "all together",
      "corrected",
    ], rows);
}

function onlySeedsOf(earlier: StudyScores, scores: StudyScores): StudyScores {
  return new Map(
    [...scores].map(([arm, bySeed]) => [
      arm,
      new Map([...bySeed].filter(([seed]) => earlier.get(arm)?.has(seed))),
    ]),
  );
}

function cell(found: JudgedDifference | null): string {
  if (found === null) return "";
  return `${interval({ ...found, seeds: undefined })}: ${found.verdict}`;
}
