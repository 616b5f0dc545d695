/**
 * Self-play without a notebook: base model, self-play and evaluation of a
 * preset into a run folder. Ctrl-C finishes the step, saves and leaves;
 * `--resume` goes on from there, to the same numbers as if never stopped.
 */

import { join } from "node:path";
import { presetNamed, PRESETS, runExperiment } from "../lib/experiment/mod.ts";
import type { Preset } from "../lib/experiment/mod.ts";
import {
  beforeAndAfter,
  readManifest,
  readRun,
  readRunConfig,
  type RunOutcome,
} from "../lib/run/mod.ts";
import { checkConfig } from "../lib/selfplay/mod.ts";
import {
  ArgumentError,
  parseArguments,
  type SelfPlayArguments,
  USAGE,
  withSettings,
} from "./selfplay/arguments.ts";
import { ProgressBar } from "./selfplay/progress.ts";

/** A command line made whole: nothing in it is left to a default. */
interface Plan {
  preset: Preset;
  seed: number;
  folder: string;
  resume: boolean;
  cache: string | undefined;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const asked = parseArguments(args);
    if (asked.show === "help") console.log(USAGE);
    else if (asked.show === "list") listPresets();
    else await play(planOf(asked));
    return 0;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      console.log("stopped before self-play began; there is nothing to save");
      return 130;
    }
    const message = error instanceof Error ? error.message : String(error);
    console.error(`selfplay: ${message}`);
    return error instanceof ArgumentError || error instanceof RangeError
      ? 2
      : 1;
  }
}

function listPresets(): void {
  for (const { name, description } of Object.values(PRESETS)) {
    console.log(`${name.padEnd(12)} ${description}`);
  }
}

/** Completes what was asked: a resumed run keeps its preset, seed and settings. */
function planOf(asked: SelfPlayArguments): Plan {
  if (asked.resume && asked.out !== null && holdsRun(asked.out)) {
    return resumedPlan(asked, asked.out);
  }
  const preset = presetNamed(asked.preset ?? "smoke");
  const seed = asked.seed ?? 1;
  const folder = asked.out ?? join("runs", `${preset.name}-seed${seed}`);
  if (asked.resume && asked.out === null && holdsRun(folder)) {
    return resumedPlan(asked, folder);
  }
  // No error: a run killed before its first byte goes on by the same command.
  if (asked.resume) console.error(`no run in ${folder} yet: starting one`);
  const selfPlay = withSettings(preset.selfPlay, asked.settings);
  if (asked.steps !== null) selfPlay.steps = asked.steps;
  checkConfig(selfPlay);
  return {
    preset: { ...preset, selfPlay },
    seed,
    folder,
    resume: asked.resume,
    cache: asked.cache ?? undefined,
  };
}

function resumedPlan(asked: SelfPlayArguments, folder: string): Plan {
  const config = readRunConfig(folder);
  const name = String(readManifest(folder).experiment.preset);
  if (asked.preset !== null && asked.preset !== name) {
    throw new ArgumentError(
      `${folder} holds a run of preset "${name}", not "${asked.preset}"`,
    );
  }
  if (asked.seed !== null && asked.seed !== config.seed) {
    throw new ArgumentError(
      `${folder} holds a run with seed ${config.seed}, not ${asked.seed}`,
    );
  }
  const selfPlay = withSettings(config, asked.settings);
  if (asked.steps !== null) selfPlay.steps = asked.steps;
  return {
    preset: { ...presetNamed(name), selfPlay },
    seed: config.seed,
    folder,
    resume: true,
    cache: asked.cache ?? undefined,
  };
}

function holdsRun(folder: string): boolean {
  try {
    return Deno.statSync(join(folder, "config.json")).isFile;
  } catch {
    return false;
  }
}

async function play(plan: Plan): Promise<void> {
  const { preset, seed, folder, resume, cache } = plan;
  const progress = new ProgressBar(preset.selfPlay.steps);
  const stop = stopOnInterrupt(progress);
  console.log(
    `preset ${preset.name} (${preset.description}), seed ${seed}, into ${folder}`,
  );
  const outcome = await runExperiment({
    preset,
    seed,
    folder,
    resume,
    cacheFolder: cache,
    stop: stop.signal,
    onPretrain: (step) => progress.pretraining(step),
    onBase: ({ folder, cached }) =>
      progress.note(
        cached
          ? `base model from ${folder}`
          : `base model trained and kept in ${folder}`,
      ),
    onEvent: (event) => progress.event(event),
  }).finally(stop.release);
  progress.end();
  report(folder, outcome);
}

/** Ctrl-C once: finish the step and save. Twice: leave at once. */
function stopOnInterrupt(progress: ProgressBar) {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) Deno.exit(130);
    progress.note("stopping after this step; Ctrl-C again to leave at once");
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGTERM", onInterrupt);
  }
  const release = () => {
    Deno.removeSignalListener("SIGINT", onInterrupt);
    if (Deno.build.os !== "windows") {
      Deno.removeSignalListener("SIGTERM", onInterrupt);
    }
  };
  return { signal: controller.signal, release };
}

function report(folder: string, { step, finished }: RunOutcome): void {
  if (!finished) {
    console.log(
      `stopped and saved after step ${step}; go on with:\n` +
        `  deno task selfplay --resume --out ${folder}`,
    );
    return;
  }
  console.log("accuracy on held-out tasks, before → after:");
  for (const [name, { before, after }] of beforeAndAfter(readRun(folder))) {
    if (before.step === after.step) continue;
    console.log(
      `  ${name.padEnd(28)} ${percent(before.accuracy)} → ${
        percent(after.accuracy)
      }  (${after.items} tasks)`,
    );
  }
  console.log(`all of it is in ${folder}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`.padStart(6);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
