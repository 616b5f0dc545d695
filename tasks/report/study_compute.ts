/**
 * What each arm of a study cost: tokens and seconds of self-play, from the logs.
 *
 * Equal compute is a claim like any other. Seconds depend on what else the
 * machine did; tokens do not.
 */

import { join } from "node:path";
import { mean } from "../../lib/lab/evaluation/statistics.ts";
import type { Preset } from "../../lib/lab/presets.ts";
import { readJson } from "../../lib/run/json_file.ts";
import { readMetrics, readTimings } from "../../lib/run/read.ts";
import { markdownTable } from "./markdown.ts";

/** Means over the seeds of an arm. */
export interface Compute {
  /** Tokens of pretraining that its base model took. */
  pretrained: number;
  /** Response tokens sampled in self-play, and those that trained. */
  sampled: number;
  trained: number;
  /** Seconds of self-play, evaluations not counted. */
  seconds: number;
}

/** Stages that are not self-play itself. */
const NOT_PLAYING = ["evaluated", "saved"];

/** What the runs in these folders cost. */
export function computeOf(folders: readonly string[]): Compute {
  const each = folders.map((folder) => {
    const metrics = readMetrics(folder);
    const preset = readJson<Preset>(join(folder, "preset.json"));
    const sum = (field: "sampledTokens" | "trainedTokens") =>
      metrics.reduce((total, row) => total + (row[field] ?? 0), 0);
    return {
      pretrained: preset.pretrain.tokens,
      sampled: sum("sampledTokens"),
      trained: sum("trainedTokens"),
      seconds: playingSeconds(folder),
    };
  });
  const average = (field: keyof Compute) => mean(each.map((row) => row[field]));
  return {
    pretrained: average("pretrained"),
    sampled: average("sampled"),
    trained: average("trained"),
    seconds: average("seconds"),
  };
}

function playingSeconds(folder: string): number {
  return readTimings(folder).reduce(
    (total, { seconds }) =>
      total +
      Object.entries(seconds).reduce(
        (sum, [phase, spent]) =>
          NOT_PLAYING.includes(phase) ? sum : sum + spent,
        0,
      ),
    0,
  );
}

/** Returns the section of a report: a line per arm with the folders of its seeds. */
export function computeTable(
  arms: readonly { name: string; folders: readonly string[] }[],
): string {
  const rows = arms.map(({ name, folders }) => {
    const { pretrained, sampled, trained, seconds } = computeOf(folders);
    return [
      name,
      thousands(pretrained),
      thousands(sampled),
      thousands(trained),
      seconds.toFixed(1),
    ];
  });
  return "## What each arm cost\n\n" + markdownTable([
    "arm",
    "pretraining, thousand tokens",
    "sampled in self-play, thousand tokens",
    "trained on (responses), thousand tokens",
    "self-play, seconds",
  ], rows);
}

const thousands = (tokens: number) => (tokens / 1000).toFixed(0);
