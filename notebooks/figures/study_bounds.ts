/** The bounds of a study, which were written before its recording, and what became of them. */

import { judgeBounds } from "../../lib/lab/bounds_judged.ts";
import { seedInterval } from "../../lib/lab/evaluation/over_seeds.ts";
import type { Study } from "../../lib/lab/studies.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import { dotIntervals } from "../../lib/show/figures/dot_intervals.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";

/** Returns the bounds that both arms of some seed are recorded for. */
function recordedBounds(study: Study, scores: StudyScores) {
  return judgeBounds(study, scores).filter(({ values }) => values.length > 0);
}

/** A row per bound: the better arm minus the worse, with the interval over seeds. */
export function studyBounds(study: Study, scores: StudyScores): Figure {
  const bounds = recordedBounds(study, scores);
  const met = bounds.filter(({ verdict }) => verdict === "met").length;
  return dotIntervals(
    {
      title: `Study "${study.name}": ${met} of ${bounds.length} bounds are met`,
      x: "accuracy of the better arm minus the worse",
      rows: bounds.map(({ says }) => says),
      reference: 0,
    },
    [{
      name: "mean over seeds, 95 %",
      intervals: bounds.map(({ values }) => seedInterval(values)),
    }],
  );
}

/** A line per bound: its verdict after the correction for all of them, and its seeds. */
export function boundLines(study: Study, scores: StudyScores): string[] {
  return recordedBounds(study, scores).map((
    { says, endpoint, values, verdict },
  ) =>
    `${says} (${endpoint}, ${values.length} of ${
      study.bounds!.seeds.length
    } seeds): ${verdict}`
  );
}
