/** The table of all recorded studies: items, seeds and the difference that they can find. */

import { join } from "node:path";
import { powerOf } from "./seed_noise.ts";
import { STUDIES } from "../../lib/lab/studies.ts";
import { scoreAt } from "../../lib/lab/scores.ts";
import {
  familiar,
  readStudy,
  type StudyScores,
} from "../../lib/lab/study_scores.ts";
import { table } from "./table.ts";

/** Returns the table of the studies below `runs` that have two arms of two seeds or more. */
export function powerTable(runs: string): string {
  const rows = Object.values(STUDIES).flatMap((study) => {
    const scores = readStudy(study, join(runs, study.name));
    const found = powerOf(study, scores);
    if (found.length === 0) return [];
    const points = (share: number) => (100 * share).toFixed(1);
    const cells = [0, 1].flatMap((temperature) => {
      const power = found.find((one) => one.temperature === temperature);
      return power
        ? [points(power.deviation), points(power.detectable)]
        : ["", ""];
    });
    return [[
      study.name,
      range([...scores.values()].map(({ size }) => size)),
      range(itemsOf(scores)),
      ...cells,
      String(found[0].tests),
      points(found[0].corrected),
    ]];
  });
  return table([
    "study",
    "seeds",
    "familiar items a mode",
    "greedy: seeds differ by",
    "found, greedy",
    "temperature 1: seeds differ by",
    "found, temperature 1",
    "tests",
    "found, greedy, after correction",
  ], rows);
}

/** Returns the numbers of familiar items of the modes at the ends of all runs. */
function itemsOf(scores: StudyScores): number[] {
  return [...scores.values()].flatMap((bySeed) => [...bySeed.values()])
    .flatMap((rows) =>
      familiar().flatMap((key) =>
        scoreAt(rows, "last", key)?.correct.length ?? []
      )
    );
}

function range(numbers: readonly number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? String(least) : `${least} to ${most}`;
}
