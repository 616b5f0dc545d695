/**
 * Self-play without a notebook: a preset (base model, self-play, evaluation), or
 * any model on any engine, into a run folder. Ctrl-C finishes the step, saves and leaves;
 * `--resume` goes on from there, to the same numbers as if never stopped.
 */

import { presetNamed, PRESETS, runExperiment } from "../lib/lab/mod.ts";
import {
  beforeAndAfter,
  playModel,
  readRun,
  type RunOutcome,
} from "../lib/run/mod.ts";
import { type SelfPlayEvent, settingsList } from "../lib/method/mod.ts";
import { ArgumentError, parseArguments, USAGE } from "./selfplay/arguments.ts";
import { engineTitle, type Plan, planOf, presetWith } from "./selfplay/plan.ts";
import { ProgressBar } from "./selfplay/progress.ts";

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const asked = parseArguments(args);
    if (asked.show === "help") console.log(USAGE);
    else if (asked.show === "list") listChoices(asked.preset ?? "smoke");
    else await play(await planOf(asked));
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

/** Prints the presets, and every setting of one of them with what it may be and does. */
function listChoices(name: string): void {
  const { selfPlay } = presetNamed(name);
  for (const { name, description } of Object.values(PRESETS)) {
    console.log(`${name.padEnd(12)} ${description}`);
  }
  console.log(`\nSettings of "${name}"; another one by --set FIELD=VALUE:`);
  console.log(settingsList(selfPlay));
}

async function play(plan: Plan): Promise<void> {
  const { config, folder, engine, preset } = plan;
  const progress = new ProgressBar(config.steps);
  const stop = stopOnInterrupt(progress);
  const player = preset ? `preset ${preset.name} (${preset.description})` : "";
  const played = [player, engineTitle(engine)].filter((part) => part !== "");
  console.log(`${played.join(", ")}, seed ${config.seed}, into ${folder}`);
  const outcome = await start(plan, progress, stop.signal)
    .finally(stop.release);
  progress.end();
  report(folder, outcome);
}

function start(
  { preset, config, engine, folder, resume, cache }: Plan,
  progress: ProgressBar,
  stop: AbortSignal,
): Promise<RunOutcome> {
  const onEvent = (event: SelfPlayEvent) => progress.event(event);
  if (preset === null) {
    return playModel({ engine, config, folder, resume, stop, onEvent });
  }
  return runExperiment({
    preset: presetWith(preset, config),
    seed: config.seed,
    engine,
    folder,
    resume,
    cacheFolder: cache,
    stop,
    onPretrain: (step) => progress.pretraining(step),
    onBase: ({ folder, cached }) =>
      progress.note(
        cached
          ? `base model from ${folder}`
          : `base model trained and kept in ${folder}`,
      ),
    onEvent,
  });
}

/** Signals by which a run is asked to end; all save first. */
const STOPPING: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Asked once: finish the step and save. Twice: leave at once. */
function stopOnInterrupt(progress: ProgressBar) {
  const controller = new AbortController();
  const listeners = STOPPING.map((signal) => {
    const onSignal = () => {
      // A terminal that closes may say so twice, once for itself and once by the shell.
      if (controller.signal.aborted && signal !== "SIGHUP") Deno.exit(130);
      if (controller.signal.aborted) return;
      controller.abort();
      progress.note("stopping after this step; Ctrl-C again to leave at once");
    };
    Deno.addSignalListener(signal, onSignal);
    return { signal, onSignal };
  });
  const release = () => {
    for (const { signal, onSignal } of listeners) {
      Deno.removeSignalListener(signal, onSignal);
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
  const accuracies = beforeAndAfter(readRun(folder));
  if (accuracies.size > 0) {
    console.log("accuracy on held-out tasks, before → after:");
  }
  for (const [name, { before, after }] of accuracies) {
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
