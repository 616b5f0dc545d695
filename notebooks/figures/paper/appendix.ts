/** Appendix D: what the paper tried and left out, beside studies that repeat it. */

import { judgeClaims } from "../../../lib/lab/claims.ts";
import { beside, described, dotRows } from "./beside.ts";
import { paperFindings } from "./numbers.ts";
import { halfWidths, type PaperStudy } from "./studies.ts";
import type { Compared, Comparison } from "./verdict.ts";

/** Whether anything is recorded of a study of the paper's appendices. */
export function isRecorded({ scores }: PaperStudy): boolean {
  return scores.size > 1;
}

/** Appendix D: what the paper tried and left out, which it states in words, beside the claims of a study. */
export function appendixFigure({ study, scores }: PaperStudy): Compared {
  const claims = judgeClaims(study, scores);
  const words = paperFindings().filter((finding) => /\(D\.\d\)/.test(finding));
  const held =
    claims.filter(({ greedy, margin = 0 }) => greedy && greedy.low > -margin)
      .length;
  return {
    item: study.name === "appendix"
      ? "Appendices D.3 and D.4"
      : "Appendices D.1, D.2 and D.5",
    figure: beside(
      {
        title:
          `${held} of ${claims.length} findings of the paper's appendix D ` +
          "hold here",
        height: 320,
      },
      described("paper (in words)", `${words.join(". ")}.`),
      [dotRows(
        "here: better − worse",
        claims.map(({ better, worse, greedy }) => ({
          ...{ label: `${better} − ${worse}`, value: greedy },
        })),
        { title: "points", scale: 100, zero: true },
      )],
    ),
    comparisons: claims.map(({ says, greedy, margin = 0 }): Comparison => ({
      ...{ what: says, paper: 1, unit: "points", scale: 100 },
      // "No worse by so much" is an interval above that much below zero.
      here: greedy && {
        mean: greedy.mean + margin,
        low: greedy.low + margin,
        high: greedy.high + margin,
      },
    })),
    why: `the intervals here reach ${
      halfWidths(claims.map(({ greedy }) => greedy))
    } points to either side, and the paper gives no numbers`,
  };
}
