/** `--dry`: measures a model for about ten seconds and says what a step would cost. */
import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { openModel } from "../../lib/engines/choice.ts";
import { LocalEngine } from "../../lib/engines/local.ts";
import { identityTasks } from "../../lib/method/buffer/identity.ts";
import { dialectFor } from "../../lib/method/dialect_choice.ts";
import { optimiserAt } from "../../lib/method/optimiser_schedule.ts";
import { microBatchTokens } from "../../lib/model/training/training.ts";
import { ArgumentError } from "./arguments.ts";
import {
  type Cost,
  costOf,
  fits,
  FITTING_SECONDS,
  fittingSettings,
  type Measured,
  type Room,
} from "./cost.ts";
import type { Plan } from "./plan.ts";
import { duration } from "./progress.ts";
import "../../lib/extras/mod.ts";

/** Responses that are sampled at a time, and their tokens. */
const ROWS = 16;
const TOKENS = 32;
/** Seconds for which either is repeated. */
const SECONDS = 4;

/** Measures, and prints the cost of a step and what would make it fit. */
export async function dryRun(plan: Plan): Promise<void> {
  const { config, engine: { engine, model } } = plan;
  if (engine !== "local" || model === "") {
    throw new ArgumentError(
      "--dry measures a model on this machine: give one with --model",
    );
  }
  console.log(`opening ${model}, then ten seconds of measuring`);
  const measured = await measure(plan);
  const room = roomFor(plan.folder);
  const cost = costOf(config, measured);
  costLines(cost, room, measured).forEach((line) => console.log(line));
  if (fits(cost, room)) return console.log("it fits");
  const changed = fittingSettings(config, measured, room);
  const settings = Object.entries(changed ?? {})
    .map(([field, value]) => `--set ${field}=${value}`).join(" ");
  console.log(
    changed === null
      ? "no smaller settings make it fit: take a smaller model, or train adapters (--lora 16)"
      : `it fits with\n  ${settings}`,
  );
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
    `memory: ${giga(cost.memoryBytes)} of ${giga(room.memoryBytes)}`,
    `disk: ${giga(cost.diskBytes)} of checkpoints, of ${giga(room.diskBytes)}`,
  ];
}

/** What is free for a run in a folder that need not exist. */
function roomFor(folder: string): Room {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  const free = Deno.systemMemoryInfo().available;
  return {
    memoryBytes: free + Deno.memoryUsage().rss,
    diskBytes: bavail * bsize,
  };
}

async function measure({ config, engine: asked }: Plan): Promise<Measured> {
  const before = Deno.memoryUsage().rss;
  const { engine, tokenizer } = await openModel(asked, config.seed);
  if (!(engine instanceof LocalEngine)) throw new TypeError("not local");
  const { model } = engine;
  const loadedBytes = Math.max(
    Deno.memoryUsage().rss,
    before + 4 * model.parameterCount,
  );
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
  const rss = Deno.memoryUsage().rss;
  await train();
  const batchTokens = sequences.length * (solve.length + TOKENS);
  const trainedPerSecond = await rateOf(batchTokens, train);
  const trainingBytes = peakBytes() - rss;
  const trainedParameters = model.trainedTensors()
    .reduce((sum, { size }) => sum + size, 0);
  engine.dispose();
  return {
    ...{ sampledPerSecond, trainedPerSecond, loadedBytes, trainingBytes },
    ...{ batchTokens, trainedParameters },
    microBatchTokens: microBatchTokens(model),
    contextLength: model.config.max_position_embeddings,
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

/** The most that the process has held; now, where the system does not tell. */
function peakBytes(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)![1]);
  } catch {
    return Deno.memoryUsage().rss;
  }
}
