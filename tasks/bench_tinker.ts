/**
 * `deno task bench tinker [--steps 50] [--ahead 6] [--write]`: SmolLM2-135M trained on a
 * SkyRL server and on this machine's own engine, step by step on the same samples.
 *
 * Each step asks sums of two digits. The local engine samples the answers; a right one
 * earns 1, and the group's mean is taken off. Both engines then train on the same
 * tokens, rewards and old log-probabilities, each with LoRA of rank 16 and alpha 32 and
 * the same optimiser. What a row holds of both sides: the mean log-probability of the
 * step's tokens after the update, which `logProbs` gives, and of fixed right answers.
 *
 * Then `--ahead` steps are timed on the server twice: sampling before training, and
 * sampling of the next step beside training (staleness 1).
 *
 * `--write` keeps the rows in data/engine/tinker_training.jsonl and the summary in
 * data/engine/tinker_training.json.
 */
import { join } from "node:path";
import { LocalEngine } from "../lib/engines/local.ts";
import { TinkerEngine } from "../lib/engines/tinker/tinker.ts";
import type {
  Engine,
  Sample,
  Sampler,
  SampleRequest,
  TrainSequence,
} from "../lib/method/engine.ts";
import { defaultOptimiser, LORA_TARGETS, Tokenizer } from "../lib/model/mod.ts";
import { randomStream } from "../lib/random.ts";
import { machineNow } from "./machine.ts";
import { modelFolder } from "./model/folder.ts";
import { projectFolder } from "./setup/project.ts";
import { startTinkerServer } from "./tinker_server.ts";
import { benchOptions } from "./bench/options.ts";

const MODEL = "smollm2-135m-instruct";
const SEED = 1;
const LORA = { rank: 16, alpha: 32, targets: LORA_TARGETS };
const PROMPTS = 2;
const SAMPLES = 4;
const MOST_TOKENS = 4;

const OBJECTIVE = {
  objective: "importance-sampling",
  ...{ clipLow: 0.2, clipHigh: 0.2, entropyCoefficient: 0 },
} as const;

/** No clipping: SkyRL's server has none. */
const OPTIMISER = {
  ...defaultOptimiser,
  ...{ learningRate: 1e-4, maxGradientNorm: Infinity, weightDecay: 0 },
};

/** A sum to continue, and its right answer. */
interface Question {
  prompt: number[];
  answer: string;
}

/** What one engine tells of one step. */
interface Side {
  loss: number;
  gradientNorm: number;
  /** Mean log-probability after the update, of the step's tokens and of the fixed answers. */
  after: number;
  fixed: number;
  seconds: number;
}

/** A step of the same training on both engines: a line of the record. */
export type TrainingRow =
  & { step: number; reward: number; tokens: number }
  & Record<
    "local" | "server",
    Side
  >;

const options = { temperature: 1, stopTokens: [] };
const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const round = (value: number) => Number(value.toPrecision(6));

/** Draws the step's questions; the prompts show the form on two sums. */
function questions(tokenizer: Tokenizer, step: number): Question[] {
  const random = randomStream(SEED, "bench-tinker", step);
  return Array.from({ length: PROMPTS }, () => {
    const [a, b] = [random.integer(1, 9), random.integer(1, 9)];
    const text = `2 + 3 = 5\n4 + 4 = 8\n${a} + ${b} =`;
    return { prompt: tokenizer.encode(text), answer: ` ${a + b}\n` };
  });
}

function requests(asked: readonly Question[], step: number): SampleRequest[] {
  return asked.map(({ prompt }, i) => ({
    ...{ promptTokens: prompt, count: SAMPLES, maxNewTokens: MOST_TOKENS },
    seed: 1000 * step + i,
  }));
}

/** Rewards a step's samples and turns them into sequences to train on. */
function rewarded(
  tokenizer: Tokenizer,
  asked: readonly Question[],
  groups: readonly Sample[][],
): { reward: number; sequences: TrainSequence[] } {
  const rewards = groups.map((group, i) =>
    group.map(({ tokens }) =>
      tokenizer.decode(tokens).startsWith(asked[i].answer) ? 1 : 0
    )
  );
  const all = groups.flat().length;
  const sequences = groups.flatMap((group, i) =>
    group.map(({ tokens, logProbs }, j) => ({
      ...{ promptTokens: asked[i].prompt, responseTokens: tokens },
      oldLogProbs: logProbs,
      advantages: tokens.map(() => rewards[i][j] - mean(rewards[i])),
      weights: tokens.map(() => 1 / (all * tokens.length)),
    }))
  );
  return { reward: mean(rewards.flat()), sequences };
}

async function trained(
  engine: Engine,
  sequences: TrainSequence[],
  fixed: TrainSequence[],
): Promise<Side> {
  const report = await engine.trainStep(sequences, OBJECTIVE, OPTIMISER);
  const after = await engine.logProbs([...sequences, ...fixed]);
  return {
    ...{ loss: round(report.loss), gradientNorm: round(report.gradientNorm) },
    after: round(mean(after.slice(0, sequences.length).flat())),
    fixed: round(mean(after.slice(sequences.length).flat())),
    seconds: round(report.seconds),
  };
}

/** The right answers to a few sums, which both engines score after each step. */
function fixedAnswers(tokenizer: Tokenizer): TrainSequence[] {
  return questions(tokenizer, 0).map(({ prompt, answer }) => {
    const responseTokens = tokenizer.encode(answer);
    const none = responseTokens.map(() => 0);
    return {
      ...{ promptTokens: prompt, responseTokens, weights: none },
      ...{ advantages: none, oldLogProbs: none },
    };
  });
}

/** Trains both engines on the samples of the local one. */
async function sideBySide(
  local: LocalEngine,
  server: TinkerEngine,
  tokenizer: Tokenizer,
  steps: number,
): Promise<TrainingRow[]> {
  const fixed = fixedAnswers(tokenizer);
  const rows: TrainingRow[] = [];
  for (let step = 1; step <= steps; step++) {
    const asked = questions(tokenizer, step);
    const groups = await local.sample(requests(asked, step), options);
    const { reward, sequences } = rewarded(tokenizer, asked, groups);
    const tokens = sequences.flatMap((one) => one.responseTokens).length;
    const here = await trained(local, sequences, fixed);
    const there = await trained(server, sequences, fixed);
    rows.push({ step, reward, tokens, local: here, server: there });
    console.log(JSON.stringify(rows.at(-1)));
  }
  return rows;
}

/** Returns the seconds of each step with its samples drawn before, or beside the step before. */
async function stepSeconds(
  engine: TinkerEngine,
  tokenizer: Tokenizer,
  steps: number,
  staleness: 0 | 1,
): Promise<number[]> {
  const draw = async (sampler: Sampler, step: number) => {
    const asked = questions(tokenizer, step);
    const groups = await sampler.sample(requests(asked, step), options);
    return rewarded(tokenizer, asked, groups).sequences;
  };
  const seconds = [];
  let next = staleness === 1 ? await draw(engine, 0) : [];
  for (let step = 1; step <= steps; step++) {
    const started = performance.now();
    const now = staleness === 1 ? next : await draw(engine, step);
    const drawn = staleness === 1
      ? draw(await engine.sampler(), step)
      : Promise.resolve([]);
    const training = engine.trainStep(now, OBJECTIVE, OPTIMISER);
    [next] = await Promise.all([drawn, training]);
    seconds.push(round((performance.now() - started) / 1000));
    console.log(`staleness ${staleness}, step ${step}: ${seconds.at(-1)} s`);
  }
  return seconds;
}

/** The largest gaps between the two sides, and the seconds of a step. */
function summary(
  rows: readonly TrainingRow[],
  seconds: Record<string, number[]>,
) {
  const gap = (of: "loss" | "after" | "fixed") =>
    round(
      Math.max(...rows.map((row) => Math.abs(row.local[of] - row.server[of]))),
    );
  return {
    ...{ server: "SkyRL 0.4.0 (JAX, processor)", model: MODEL, seed: SEED },
    ...{ lora: { rank: LORA.rank, alpha: LORA.alpha }, steps: rows.length },
    ...{ promptsPerStep: PROMPTS, samplesPerPrompt: SAMPLES },
    learningRate: OPTIMISER.learningRate,
    command: "deno task bench tinker --write",
    ...machineNow(),
    reward: {
      firstTen: round(mean(rows.slice(0, 10).map(({ reward }) => reward))),
      lastTen: round(mean(rows.slice(-10).map(({ reward }) => reward))),
    },
    firstGap: round(Math.abs(rows[0].local.loss - rows[0].server.loss)),
    largestGap: { loss: gap("loss"), after: gap("after"), fixed: gap("fixed") },
    ...seconds,
  };
}

async function main(): Promise<number> {
  const { values } = benchOptions({
    name: "tinker",
    says: "trains SmolLM2-135M on a SkyRL server and here, on the same samples",
    options: {
      steps: {
        type: "string",
        default: "50",
        value: "NUMBER",
        says: "steps trained on both sides (default: 50)",
      },
      ahead: {
        type: "string",
        default: "6",
        value: "NUMBER",
        says: "steps timed in turn and ahead (default: 6)",
      },
      write: {
        type: "boolean",
        default: false,
        says: "keep the figures under data/engine",
      },
    },
  });
  const folder = await modelFolder(MODEL);
  const tokenizer = await Tokenizer.fromFolder(folder);
  const kept = await Deno.makeTempDir({ prefix: "tinker-" });
  const running = await startTinkerServer({ folder: kept, baseModel: folder });
  const local = await LocalEngine.withAdapters(folder, LORA, SEED);
  const server = await TinkerEngine.connect({
    ...{ url: running.url, baseModel: running.baseModel, seed: SEED },
    ...{ loraRank: LORA.rank, contextLength: 2048 },
  });
  try {
    const rows = await sideBySide(local, server, tokenizer, +values.steps);
    const steps = Number(values.ahead);
    const report = summary(rows, {
      secondsAtStaleness0: await stepSeconds(server, tokenizer, steps, 0),
      secondsAtStaleness1: await stepSeconds(server, tokenizer, steps, 1),
    });
    console.log(JSON.stringify(report, null, 2));
    if (values.write) await keep(rows, report);
  } finally {
    await server.close();
    local.dispose();
    await running.stop();
    await Deno.remove(kept, { recursive: true });
  }
  return 0;
}

async function keep(
  rows: readonly TrainingRow[],
  report: object,
): Promise<void> {
  const file = join(projectFolder, "data", "engine", "tinker_training.json");
  const lines = rows.map((row) => JSON.stringify(row) + "\n").join("");
  await Deno.writeTextFile(`${file}l`, lines);
  await Deno.writeTextFile(file, JSON.stringify(report, null, 2) + "\n");
}

if (import.meta.main) Deno.exit(await main());
