/**
 * The targets of self-play on a preset, judged seed by seed from the logs.
 *
 * The targets were set before the runs. A missed target stays in the table.
 */

import { type EvaluationLog, type ReportLine, reportLines } from "./report.ts";

/** A target, and how it is judged on a seed's greedy lines. */
interface Target {
  says: string;
  /** Tells whether the target concerns a line. */
  about: (line: ReportLine) => boolean;
  met: (line: ReportLine) => boolean;
  shown: (line: ReportLine) => string;
}

const percent = (share: number) => (100 * share).toFixed(1);
const points = (share: number) =>
  (share >= 0 ? "+" : "−") + percent(Math.abs(share));

const change = ({ change }: ReportLine) =>
  `${points(change.mean)} [${points(change.low)}, ${points(change.high)}]`;

const isIn = (split: string, ...modes: string[]) => (line: ReportLine) =>
  line.split === split && modes.includes(line.mode);

const risesBy = (least: number) => ({ change }: ReportLine) =>
  change.mean >= least && change.low > 0;

const TARGETS: Target[] = [
  {
    says: "deduction +20 points or more, interval above zero",
    about: isIn("familiar", "deduction"),
    met: risesBy(.2),
    shown: change,
  },
  {
    says: "abduction +15 points or more, interval above zero",
    about: isIn("familiar", "abduction"),
    met: risesBy(.15),
    shown: change,
  },
  {
    says: "induction not lower (interval reaches zero or above)",
    about: isIn("familiar", "induction"),
    met: ({ change }) => change.high >= 0,
    shown: change,
  },
  {
    says: "thinking from under 5 % to over 90 % of answers",
    about: isIn("familiar", "deduction", "abduction"),
    met: (line) => line.thinkingBefore < .05 && line.thinkingAfter > .9,
    shown: (line) =>
      `${percent(line.thinkingBefore)} → ${percent(line.thinkingAfter)}`,
  },
  {
    says: "depths 5 and 6 rise, interval above zero",
    about: isIn("deep", "deduction", "abduction"),
    met: risesBy(0),
    shown: change,
  },
  {
    says: "maths does not fall (interval reaches zero or above)",
    about: ({ mode, split }) => mode === "maths" && !split.startsWith("longer"),
    met: ({ change }) => change.high >= 0,
    shown: change,
  },
  {
    says: "beyond the forced-thinking base by 5 points, interval above zero",
    about: isIn("familiar", "deduction", "abduction"),
    met: ({ beyondForced }) => beyondForced.mean >= .05 && beyondForced.low > 0,
    shown: ({ beyondForced: { mean, low, high } }) =>
      `${points(mean)} [${points(low)}, ${points(high)}]`,
  },
];

/** A target on one split and mode, and the seeds that met it. */
interface JudgedTarget {
  says: string;
  split: string;
  mode: string;
  /** Whether each seed met the target, in the order of the logs. */
  met: boolean[];
  shown: string[];
}

/** Judges each target on the greedy lines of every seed. */
export function judgeTargets(logs: readonly EvaluationLog[]): JudgedTarget[] {
  const bySeed = logs.map((log) =>
    reportLines([log]).filter(({ temperature }) => temperature === 0)
  );
  return TARGETS.flatMap(({ says, about, met, shown }) =>
    bySeed[0].map((line, i) => ({ line, i })).filter(({ line }) => about(line))
      .map(({ line: { split, mode }, i }) => ({
        says,
        split,
        mode,
        met: bySeed.map((lines) => met(lines[i])),
        shown: bySeed.map((lines) => shown(lines[i])),
      }))
  );
}
