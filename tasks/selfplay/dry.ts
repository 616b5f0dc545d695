/**
 * `--dry`: computes what a run holds in memory, measures its model for about ten seconds
 * and says what a step would cost. A preset's model that is not here yet is not fetched:
 * its memory follows from its shape.
 */
import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { openModel } from "../../lib/engines/choice.ts";
import { LocalEngine } from "../../lib/engines/local.ts";
import { identityTasks } from "../../lib/method/buffer/identity.ts";
import { dialectFor } from "../../lib/method/dialect_choice.ts";
import { optimiserAt } from "../../lib/method/optimiser_schedule.ts";
import type { ModelPreset } from "../../lib/lab/model_presets.ts";
import { modelConfig } from "../../lib/model/config.ts";
import { currentBackend } from "../../lib/model/mod.ts";
import { layersByGraph } from "../../lib/model/native/layers_native.ts";
import { localPath } from "../model/folder.ts";
import { ArgumentError, type SelfPlayArguments } from "./arguments.ts";
import {
  type Cost,
  costOf,
  fits,
  FITTING_SECONDS,
  fittingSettings,
  type Measured,
  memoryPlan,
  type Room,
} from "./cost.ts";
import { modelPreset } from "./language_model.ts";
import { findCard, type Holder, memoryLines } from "./memory.ts";
import { type Plan, planOf, withChanges } from "./plan.ts";
import { duration } from "./progress.ts";
import "../../lib/extras/mod.ts";

/** Responses that are sampled at a time, and their tokens. */
const ROWS = 16;
const TOKENS = 32;
/** Seconds for which either is repeated. */
const SECONDS = 4;

/** Prints the memory and, where the model is here, what a step costs and what would make it fit. */
export async function dryRun(asked: SelfPlayArguments): Promise<void> {
  const preset = modelPreset(asked.preset);
  const local = asked.engine.engine === undefined;
  if (preset?.shape && local && asked.engine.model === undefined) {
    if (localPath(preset.model) === undefined) {
      return await shapeRun(preset, asked);
    }
  }
  const plan = await planOf(asked);
  const { config, engine: { engine, model } } = plan;
  if (engine !== "local" || model === "") {
    throw new ArgumentError(
      "--dry measures a model on this machine: give one with --model",
    );
  }
  console.log(`opening ${model}, then ten seconds of measuring`);
  const measured = await measure(plan);
  const holder = await holderHere();
  const room = { ...roomFor(plan.folder), memoryBytes: holder.bytes };
  const cost = costOf(config, measured);
  costLines(cost, room, measured).forEach((line) => console.log(line));
  memoryLines(memoryPlan(config, measured.model), holder)
    .forEach((line) => console.log(line));
  if (fits(cost, room)) return console.log("it fits");
  const changed = fittingSettings(config, measured, room);
  const settings = Object.entries(changed ?? {})
    .map(([field, value]) => `--set ${field}=${value}`).join(" ");
  console.log(
    changed === null
      ? "no smaller settings make it fit"
      : `it fits with\n  ${settings}`,
  );
}

/** Memory without the model: from the shape that its preset gives. */
async function shapeRun(preset: ModelPreset, asked: SelfPlayArguments) {
  const config = modelConfig(preset.shape!, `preset ${preset.name}`);
  const engine = { ...preset.engine, ...asked.engine };
  const plan = memoryPlan(withChanges(preset.selfPlay, asked), {
    config,
    weightBytes: engine.weights === "bfloat16" ? 2 : 4,
    loraRank: engine.loraRank ?? 0,
    // A card runs no graphs, and computes a large model's layers twice.
    graphs: false,
    recomputesLayers: true,
    microBatchTokens: engine.microBatchTokens ?? 0,
  });
  console.log(`preset ${preset.name}, ${preset.description}`);
  const card = await findCard();
  const holders = card === null ? CARDS : [card];
  const [first, ...verdicts] = holders
    .flatMap((holder, i) => memoryLines(plan, holder).slice(i === 0 ? 0 : 1));
  console.log(first);
  if (card === null) console.log("no NVIDIA card here:");
  verdicts.forEach((line) => console.log(line));
  console.log(
    `time: not measured, for the model is not here (deno task model get ${preset.model})`,
  );
}

/** Cards to compare with where there is none. */
const CARDS = [24, 48, 80].map((giga) => ({
  name: "a card of this size",
  bytes: giga * 2 ** 30,
}));

/** What holds the model now: the card that computes, or this machine's free memory. */
async function holderHere(): Promise<Holder> {
  const card = currentBackend().name === "tfjs-node-gpu"
    ? await findCard()
    : null;
  const free = Deno.systemMemoryInfo().available;
  return card ??
    { name: "this machine", bytes: free + Deno.memoryUsage().rss };
}

function costLines(cost: Cost, room: Room, measured: Measured): string[] {
  const giga = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;
  const count = (tokens: number) => Math.round(tokens).toLocaleString("en");
  return [
    `a step at most: ${count(cost.sampledTokens)} tokens sampled at ${
      measured.sampledPerSecond.toFixed(0)
    } a second, ${count(cost.trainedTokens)} trained at ${
      measured.trainedPerSecond.toFixed(0)
    } a second`,
    `time: ${duration(cost.seconds)} a step (wanted: ${
      duration(FITTING_SECONDS)
    }); seeding comes on top`,
    `disk: ${giga(cost.diskBytes)} of checkpoints, of ${giga(room.diskBytes)}`,
  ];
}

/** What is free for a run in a folder that need not exist. */
function roomFor(folder: string): Pick<Room, "diskBytes"> {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  return { diskBytes: bavail * bsize };
}

async function measure({ config, engine: asked }: Plan): Promise<Measured> {
  const { engine, tokenizer } = await openModel(asked, config.seed);
  if (!(engine instanceof LocalEngine)) throw new TypeError("not local");
  const { model } = engine;
  const dialect = dialectFor(config, tokenizer);
  const [task] = identityTasks(
    "deduction",
    config.language,
    config.seed,
    config.dialect,
  );
  const references = Array.from({ length: config.references }, () => task);
  const [propose, solve] = [
    dialect.proposerPrompt("deduction", references, config.language),
    dialect.solverPrompt(task),
  ].map((text) => tokenizer.encodePrompt(text));
  const request = {
    promptTokens: solve,
    count: ROWS,
    maxNewTokens: TOKENS,
    seed: config.seed,
  };
  const sample = () =>
    engine.sample([request], { temperature: 1, stopTokens: [] });
  const [samples] = await sample();
  const sampledPerSecond = await rateOf(ROWS * TOKENS, sample);
  const sequences = samples.slice(0, 4).map(({ tokens, logProbs }) => ({
    promptTokens: solve,
    responseTokens: tokens,
    oldLogProbs: logProbs,
    advantages: tokens.map(() => 0),
    weights: tokens.map(() => 1),
  }));
  const train = () =>
    engine.trainStep(sequences, config, {
      ...optimiserAt(config, 1),
      learningRate: 0,
    });
  await train();
  const batchTokens = sequences.length * (solve.length + TOKENS);
  const trainedPerSecond = await rateOf(batchTokens, train);
  const trainee = {
    config: model.config,
    weightBytes: model.isNarrow ? 2 as const : 4 as const,
    loraRank: asked.loraRank,
    graphs: layersByGraph(model),
    recomputesLayers: model.recomputesLayers,
    microBatchTokens: model.microBatchTokens,
  };
  engine.dispose();
  return {
    sampledPerSecond,
    trainedPerSecond,
    model: trainee,
    promptTokens: { propose: propose.length, solve: solve.length },
  };
}

/** Tokens a second of what handles so many tokens a time. */
async function rateOf(
  tokens: number,
  work: () => Promise<unknown>,
): Promise<number> {
  const began = performance.now();
  let times = 0;
  do {
    await work();
    times++;
  } while (performance.now() - began < 1000 * SECONDS);
  return times * tokens * 1000 / (performance.now() - began);
}
