/**
 * Self-play without a notebook: a preset (base model, self-play, evaluation), or
 * any model on any engine, into a run folder. The manifest holds what a probe of the
 * model's dialects counted. Ctrl-C finishes the step, saves and leaves;
 * `--resume` goes on from there, to the same numbers as if never stopped.
 */

import { MODEL_PRESETS } from "../lib/lab/model_presets.ts";
import { PRESETS } from "../lib/lab/presets.ts";
import { runExperiment } from "../lib/lab/run.ts";
import { openModel } from "../lib/engines/choice.ts";
import type { SelfPlayConfig } from "../lib/method/config.ts";
import { type RunSampling, Watch } from "../lib/run/watch.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
import {
  bestDialect,
  DIALECTS,
  probeDialects,
} from "./selfplay/dialect_probe.ts";
import { playModel } from "../lib/run/play.ts";
import { readRun, readTimings } from "../lib/run/read.ts";
import type { RunOutcome } from "../lib/run/record.ts";
import type { TimingRow } from "../lib/run/stopwatch.ts";
import type { SeedingRound } from "../lib/method/seeding.ts";
import type { SelfPlayEvent } from "../lib/method/loop.ts";
import { settingsList } from "./selfplay/settings_list.ts";
import {
  ArgumentError,
  parseArguments,
  type SelfPlayArguments,
  USAGE,
} from "./selfplay/arguments.ts";
import {
  chosen,
  engineTitle,
  type Plan,
  planOf,
  presetWith,
} from "./selfplay/plan.ts";
import { diskCure, requireWritable } from "./selfplay/disk.ts";
import { dryRun } from "./selfplay/dry.ts";
import { taskCommand } from "./selfplay/hints.ts";
import { evaluationOf } from "./selfplay/language_model.ts";
import { ProgressBar } from "./selfplay/progress.ts";
import { summaryOf } from "./selfplay/summary.ts";
import { STOPPING } from "./stopping.ts";
import { runTask } from "./usage.ts";

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let folder = "";
  try {
    const asked = parseArguments(args);
    if (asked.show === "help") console.log(USAGE);
    else if (asked.show === "list") await listChoices(asked);
    else {
      if (asked.show === "dry") return await dryRun(asked).then(() => 0);
      const plan = await planOf(asked);
      folder = plan.folder;
      requireWritable(folder);
      await play(plan);
    }
    return 0;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      console.log("stopped before self-play began; there is nothing to save");
      return 130;
    }
    const message = error instanceof Error ? error.message : String(error);
    console.error(`selfplay: ${message}${diskCure(message, folder)}`);
    return error instanceof ArgumentError || error instanceof RangeError
      ? 2
      : 1;
  }
}

/** Prints the presets, and every setting that applies with what it may be and does. */
async function listChoices(asked: SelfPlayArguments): Promise<void> {
  const { presetName, config } = await chosen(asked);
  const presets = [PRESETS, MODEL_PRESETS].flatMap((some) =>
    Object.values<{ name: string; description: string }>(some)
  );
  for (const { name, description } of presets) {
    console.log(`${name.padEnd(12)} ${description}`);
  }
  const whose = presetName ?? asked.engine.model;
  console.log(`\nSettings of "${whose}"; another one by --set FIELD=VALUE:`);
  console.log(settingsList(config));
}

async function play(plan: Plan): Promise<void> {
  const { config, folder, engine, preset, presetName, resume } = plan;
  const began = performance.now();
  const progress = new ProgressBar(config, resume ? timesOf(folder) : []);
  const stop = stopOnInterrupt(progress);
  const says = preset ? ` (${preset.description})` : "";
  const player = presetName ? `preset ${presetName}${says}` : "";
  const played = [player, engineTitle(engine)].filter((part) => part !== "");
  console.log(`${played.join(", ")}, seed ${config.seed}, into ${folder}`);
  const outcome = await start(plan, progress, stop)
    .finally(() => {
      stop.release();
      progress.end();
    });
  report(folder, outcome, (performance.now() - began) / 1000);
}

/** Returns the times of a run that is resumed, where they can be read: only an estimate needs them. */
function timesOf(folder: string): TimingRow[] {
  try {
    return readTimings(folder);
  } catch {
    return [];
  }
}

async function start(
  plan: Plan,
  progress: ProgressBar,
  { signal: stop, giveUp }: ReturnType<typeof stopOnInterrupt>,
): Promise<RunOutcome> {
  const { preset, config, engine, folder, resume, cache } = plan;
  const onEvent = (event: SelfPlayEvent) => progress.event(event);
  const onSeedingRound = (round: SeedingRound) => progress.seeding(round);
  const onNote = (note: string) => progress.note(note);
  const onSampling = (sampling: RunSampling) => progress.sampling(sampling);
  if (preset === null) {
    const following = { onEvent, onSeedingRound, onNote };
    const stopping = { stop, giveUp, onSampling };
    const recording = { folder, resume, ...stopping, ...following };
    const { experiment, ...evaluation } = await evaluationOf(plan);
    const probed = plan.probes ? await probedPlan(plan, giveUp, onNote) : {};
    return playModel({
      engine,
      config: { ...config, ...probed.settings },
      experiment: { ...experiment, ...probed.experiment },
      ...evaluation,
      ...recording,
    });
  }
  return runExperiment({
    preset: presetWith(preset, config),
    seed: config.seed,
    engine,
    folder,
    resume,
    cacheFolder: cache,
    stop,
    giveUp,
    onSampling,
    onPretrain: (step) => progress.pretraining(step),
    onBase: ({ folder, cached }) =>
      progress.note(
        cached
          ? `base model from ${folder}`
          : `base model trained and kept in ${folder}`,
      ),
    onEvent,
    onSeedingRound,
    onNote,
  });
}

/** Opens the model of a plan, and decides by a probe which dialect it plays. */
async function probedPlan(
  { engine: asked, config }: Plan,
  stop: AbortSignal,
  tell: (line: string) => void,
): Promise<{
  settings?: Partial<SelfPlayConfig>;
  experiment?: Record<string, unknown>;
}> {
  const { engine, tokenizer } = await openModel(asked, config.seed);
  try {
    await using executor = await startExecutor({ languages: ["python"] });
    const watched = new Watch({ giveUp: stop }).over(engine);
    const parts = { engine: watched, tokenizer, executor };
    const probed = await probeDialects(parts, config.seed, tell);
    const best = bestDialect(probed);
    const settings = DIALECTS[best];
    const choice = Object.entries(settings)
      .map(([field, value]) => `--set ${field}=${value}`).join(" ");
    tell(`plays the dialect ${best} (${choice}); --set chooses another`);
    return { settings, experiment: { probedDialects: probed } };
  } finally {
    engine.dispose();
  }
}

/** Milliseconds that a step has to end by itself before it is given up. */
const PATIENCE = 2000;

/** Asked once: finish the step, or give up a long one, and save. Twice: leave at once. */
function stopOnInterrupt(progress: ProgressBar) {
  const controller = new AbortController();
  const giveUp = new AbortController();
  const listeners = STOPPING.map((signal) => {
    const onSignal = () => {
      // A terminal that closes may say so twice, once for itself and once by the shell.
      if (controller.signal.aborted && signal !== "SIGHUP") Deno.exit(130);
      if (controller.signal.aborted) return;
      controller.abort();
      setTimeout(() => giveUp.abort(), PATIENCE);
      progress.note(
        `stopping${
          progress.isSeeding ? "" : ", a long step is given up"
        }; Ctrl-C again to leave at once`,
      );
    };
    Deno.addSignalListener(signal, onSignal);
    return { signal, onSignal };
  });
  const release = () => {
    for (const { signal, onSignal } of listeners) {
      Deno.removeSignalListener(signal, onSignal);
    }
  };
  return { signal: controller.signal, giveUp: giveUp.signal, release };
}

function report(folder: string, outcome: RunOutcome, seconds: number): void {
  if (outcome.finished) {
    summaryOf(readRun(folder), seconds).forEach((line) => console.log(line));
    return;
  }
  const { step, seedingRounds } = outcome;
  const saved = seedingRounds === undefined
    ? `after step ${step}`
    : `in the seeding, after round ${seedingRounds}`;
  console.log(
    `stopped and saved ${saved}; go on with:\n` +
      `  ${taskCommand("selfplay", ["--resume", "--out", folder])}`,
  );
}

if (import.meta.main) await runTask(USAGE, main);
