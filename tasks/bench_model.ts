/**
 * `deno task bench model [--json] [--torch] [--shape a,b] [--threads 1]
 * [--rounds 3]`: tokens per second of training and generation, beside PyTorch on
 * the same shapes when asked.
 *
 * On a machine with other work, PyTorch's threads wait for each other by spinning and
 * lose most of their time. There, compare with `--threads 1`, or by the figures per
 * second of processor time (`..._per_cpu_s`).
 *
 * Every figure is the median over some repetitions, after two that warm up. A machine
 * can be a third slower in one minute than in the next. With `--rounds` both sides are
 * therefore measured in turns: every figure is the median over the rounds, which the
 * output lists, and a ratio is the median of the ratios within a round. Every shape runs
 * in a process of its own, so that its peak memory is its own.
 *
 * `mixed_...` are the same batches with lengths from a quarter to the whole. Only real
 * tokens count, so that padding shows as lost speed. `profile` is the time by operation,
 * where a whole graph is one operation; `single_profile` is the time of the same work
 * without graphs.
 *
 * `--torch` runs tasks/bench_model_torch.py with the interpreter named by
 * AZR_TORCH_PYTHON, or makes a throw-away virtual environment for it (PyTorch and
 * transformers from PyPI, several gigabytes), and interleaves both sides shape by
 * shape. `--json` prints one JSON object. Left out: sandbox speed (bench executor).
 */
import * as tf from "@tensorflow/tfjs";
import { cpus } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import {
  AdamW,
  Adapters,
  createModel,
  Decoder,
  defaultOptimiser,
  type LanguageModelExample,
  languageModelStep,
  LORA_TARGETS,
  modelConfig,
  sampleBatch,
  startBackend,
} from "../lib/model/mod.ts";
import {
  type DecodingKind,
  eagerDecoding,
} from "../lib/model/sampling/sampling.ts";
import type { ModelShape } from "../lib/model/config.ts";
import { median } from "../lib/lab/evaluation/statistics.ts";
import { randomStream } from "../lib/random.ts";
import {
  startOperationProfile,
  tensorCount,
} from "./bench/operation_profile.ts";
import { threadLimits } from "./bench/in_turns.ts";
import { benchOptions, countIn, namesIn } from "./bench/options.ts";
import type { OperationShare } from "../notebooks/figures/operation_bars.ts";
import { ratioToTorch } from "../notebooks/figures/model_bench.ts";

/** One measured shape. */
interface BenchShape {
  title: string;
  model: ModelShape;
  /** Rows and columns of a training batch. */
  batch: [number, number];
  /** Training steps timed together. */
  trainSteps: number;
  /** Rows, prompt tokens and new tokens of a generation. */
  generate: [number, number, number];
  /** How often the steps, and a generation, are timed. */
  repetitions: number;
  /** Train rank-8 adapters with recomputed layers instead of all weights. */
  lora: boolean;
}

const FAMILY = { model_type: "qwen3", max_position_embeddings: 512 } as const;

const SHAPES: Record<string, BenchShape> = {
  a: {
    title: "tiny preset: 3 layers, width 96",
    model: {
      ...FAMILY,
      model_type: "llama",
      vocab_size: 200,
      hidden_size: 96,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      intermediate_size: 256,
    },
    batch: [25, 60],
    trainSteps: 10,
    generate: [64, 40, 40],
    repetitions: 7,
    lora: false,
  },
  b: {
    title: "4 layers, width 128, batch 32 x 96",
    model: {
      ...FAMILY,
      vocab_size: 200,
      hidden_size: 128,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      intermediate_size: 344,
    },
    batch: [32, 96],
    trainSteps: 5,
    generate: [64, 48, 48],
    repetitions: 7,
    lora: false,
  },
  c: {
    title: "12 layers, width 512",
    model: {
      ...FAMILY,
      vocab_size: 8192,
      hidden_size: 512,
      num_hidden_layers: 12,
      num_attention_heads: 8,
      intermediate_size: 1376,
    },
    batch: [4, 128],
    trainSteps: 2,
    generate: [64, 48, 24],
    repetitions: 3,
    lora: false,
  },
  d: {
    title: "0.5B shape: 24 layers, width 896, one LoRA step",
    model: {
      ...FAMILY,
      model_type: "qwen2",
      vocab_size: 151936,
      hidden_size: 896,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      intermediate_size: 4864,
    },
    batch: [1, 64],
    trainSteps: 1,
    generate: [2, 32, 8],
    repetitions: 3,
    lora: true,
  },
};

/** The report of one side on a shape. */
interface Measurement {
  train_tokens_per_s: number;
  generate_tokens_per_s: number;
  train_tokens_per_cpu_s: number;
  generate_tokens_per_cpu_s: number;
  peak_bytes: number;
  /** The versions and the machine, for a record that outlives the machine. */
  environment: Record<string, unknown>;
}

/** The report of this kit's side, with the figures that only this kit can measure. */
interface OwnMeasurement extends Measurement {
  backend: string;
  parameters: number;
  /** Tensors that the measured training steps left behind. */
  tensors_added: number;
  /** Per step; a run of a graph counts as one operation. */
  profile: OperationShare[];
  /** Per generation. */
  generate_profile: OperationShare[];
  /** The same step and generation without graphs, as other backends run them. */
  single_profile: OperationShare[];
  generate_single_profile: OperationShare[];
  /** Null where a batch has too few rows to mix. */
  mixed_train_tokens_per_s: number | null;
  mixed_train_tokens_per_cpu_s: number | null;
  mixed_generate_tokens_per_s: number | null;
  mixed_generate_tokens_per_cpu_s: number | null;
}

async function measure(shape: BenchShape): Promise<OwnMeasurement> {
  const backend = await startBackend();
  const model = createModel(modelConfig(shape.model), 1);
  const parameters = model.parameterCount;
  if (shape.lora) {
    model.attachAdapters(
      Adapters.fresh(
        model.config,
        { rank: 8, alpha: 16, targets: LORA_TARGETS },
        1,
      ),
    );
    model.recomputesLayers = true;
  }
  const measured = {
    ...await measureTraining(model, shape),
    ...await measureGeneration(model, shape),
    peak_bytes: peakBytes(),
    ...await measureMixed(model, shape),
    ...await profileSingle(model, shape),
  };
  model.dispose();
  return {
    backend: backend.name,
    parameters,
    ...measured,
    environment: environment(),
  };
}

/** Repetitions without timing, in which graphs are built, kernels chosen and memory taken. */
const WARM_UPS = 2;

/** The cost of a repetition, as medians. */
interface Duration {
  seconds: number;
  processorSeconds: number;
}

/** Warms up and then times the work. The work gets the number of the repetition. */
async function timed(
  repetitions: number,
  work: (repetition: number) => Promise<unknown>,
): Promise<Duration> {
  for (let i = 0; i < WARM_UPS; i++) await work(i);
  const durations: Duration[] = [];
  for (let i = 0; i < repetitions; i++) {
    const started = performance.now();
    const cpu = process.cpuUsage();
    await work(WARM_UPS + i);
    durations.push({
      seconds: (performance.now() - started) / 1000,
      processorSeconds: cpuSeconds(cpu),
    });
  }
  return {
    seconds: median(durations.map(({ seconds }) => seconds)),
    processorSeconds: median(
      durations.map(({ processorSeconds }) => processorSeconds),
    ),
  };
}

/** Takes some training steps, the same at every call. */
function training(model: Decoder, optimiser: AdamW, shape: BenchShape) {
  const batches = Array.from(
    { length: shape.trainSteps },
    (_, step) => documents(shape, step),
  );
  return () =>
    forEach(
      batches,
      (batch) => languageModelStep(model, optimiser, batch, defaultOptimiser),
    );
}

async function measureTraining(model: Decoder, shape: BenchShape) {
  const optimiser = new AdamW(model);
  const train = training(model, optimiser, shape);
  await train();
  const tensors = tensorCount();
  const time = await timed(shape.repetitions, train);
  const added = tensorCount() - tensors;
  const profile = await profiled(shape.trainSteps, train);
  optimiser.dispose();
  const [rows, columns] = shape.batch;
  const tokens = rows * columns * shape.trainSteps;
  return {
    train_tokens_per_s: tokens / time.seconds,
    train_tokens_per_cpu_s: tokens / time.processorSeconds,
    tensors_added: added,
    profile,
  };
}

/** Returns the dozen operations that take most of some steps' time. */
async function profiled(
  steps: number,
  work: () => Promise<unknown>,
): Promise<OperationShare[]> {
  const profile = startOperationProfile();
  await work();
  return (profile?.stop() ?? []).slice(0, 12).map((
    { operation, ms, calls },
  ) => ({
    operation,
    ms_per_step: ms / steps,
    calls_per_step: calls / steps,
  }));
}

/** Returns a generation from prompts of its own for every seed. */
function generation(model: Decoder, shape: BenchShape, decode?: DecodingKind) {
  const [rows, prompt, fresh] = shape.generate;
  return (seed: number) =>
    sampleBatch(
      model,
      Array.from({ length: rows }, (_, i) => ({
        promptTokens: tokens(model.config.vocab_size, prompt, seed, i),
        count: 1,
        maxNewTokens: fresh,
        seed: i,
      })),
      { temperature: 1, stopTokens: [] },
      undefined,
      decode,
    );
}

async function measureGeneration(model: Decoder, shape: BenchShape) {
  const [rows, , fresh] = shape.generate;
  const run = generation(model, shape);
  const time = await timed(shape.repetitions, run);
  const drawn = rows * fresh;
  return {
    generate_tokens_per_s: drawn / time.seconds,
    generate_tokens_per_cpu_s: drawn / time.processorSeconds,
    generate_profile: await profiled(1, () => run(1)),
  };
}

/** Runs work with every operation by itself, also where a graph would run many. */
class SingleOperations extends Decoder {
  override hidden(...batch: Parameters<Decoder["hidden"]>) {
    return this.hiddenByLayer(...batch);
  }

  override prefill(...prompts: Parameters<Decoder["prefill"]>) {
    return this.prefillByLayer(...prompts);
  }
}

/** Profiles a step and a generation without graphs. */
async function profileSingle(model: Decoder, shape: BenchShape) {
  // With adapters no graph runs, so `profile` lists every operation already.
  if (shape.lora) return { single_profile: [], generate_single_profile: [] };
  const peer = new SingleOperations(
    model.config,
    model.parameters().map((tensor) => tensor.clone()),
  );
  const optimiser = new AdamW(peer);
  const train = training(peer, optimiser, shape);
  const generate = generation(peer, shape, eagerDecoding);
  await train();
  await generate(0);
  const profiles = {
    single_profile: await profiled(shape.trainSteps, train),
    generate_single_profile: await profiled(1, () => generate(1)),
  };
  optimiser.dispose();
  peer.dispose();
  return profiles;
}

/** Makes the same batches with lengths from a quarter to the whole. */
async function measureMixed(model: Decoder, shape: BenchShape) {
  if (shape.batch[0] < 4) return NOT_MIXED;
  const optimiser = new AdamW(model);
  const batches = Array.from(
    { length: shape.trainSteps },
    (_, step) =>
      documents(shape, step).map(({ tokens, weights }, row) => {
        const length = 1 + mixedLength(shape.batch[1], step, row);
        return {
          tokens: tokens.slice(0, length),
          weights: weights.slice(0, length),
        };
      }),
  );
  const train = () =>
    forEach(
      batches,
      (batch) => languageModelStep(model, optimiser, batch, defaultOptimiser),
    );
  const training = await timed(shape.repetitions, train);
  optimiser.dispose();
  const [rows, prompt, fresh] = shape.generate;
  const requests = Array.from({ length: rows }, (_, i) => ({
    promptTokens: tokens(
      model.config.vocab_size,
      mixedLength(prompt, "prompt", i),
      "mixed",
      i,
    ),
    count: 1,
    maxNewTokens: mixedLength(fresh, "response", i),
    seed: i,
  }));
  const generate = () =>
    sampleBatch(model, requests, { temperature: 1, stopTokens: [] });
  const generation = await timed(shape.repetitions, generate);
  const trained = sum(batches.flat().map(({ tokens }) => tokens.length - 1));
  const drawn = sum(requests.map(({ maxNewTokens }) => maxNewTokens));
  return {
    mixed_train_tokens_per_s: trained / training.seconds,
    mixed_train_tokens_per_cpu_s: trained / training.processorSeconds,
    mixed_generate_tokens_per_s: drawn / generation.seconds,
    mixed_generate_tokens_per_cpu_s: drawn / generation.processorSeconds,
  };
}

const NOT_MIXED = {
  mixed_train_tokens_per_s: null,
  mixed_train_tokens_per_cpu_s: null,
  mixed_generate_tokens_per_s: null,
  mixed_generate_tokens_per_cpu_s: null,
};

function mixedLength(longest: number, ...path: (string | number)[]): number {
  return randomStream(1, "mixed", ...path).integer(
    Math.ceil(longest / 4),
    longest,
  );
}

async function forEach<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (const item of items) await work(item);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Returns the machine and the versions of this side. */
function environment(): Record<string, unknown> {
  const { binding } = tf.backend() as { binding?: { TF_Version?: string } };
  return {
    hardware: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    load_average: Deno.loadavg().map((load) => Number(load.toFixed(2))),
    deno: Deno.version.deno,
    tfjs: tf.version_core,
    tensorflow: binding?.TF_Version ?? null,
    threads: Deno.env.get("TF_NUM_INTRAOP_THREADS") ?? "default",
  };
}

/** Returns the processor time of this process since a reading of `process.cpuUsage()`. */
function cpuSeconds(since: ReturnType<typeof process.cpuUsage>): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function documents(shape: BenchShape, step: number): LanguageModelExample[] {
  const [rows, columns] = shape.batch;
  return Array.from({ length: rows }, (_, row) => {
    // One more token than columns: the last one is only predicted.
    const list = tokens(shape.model.vocab_size, columns + 1, step, row);
    return { tokens: list, weights: list.map(() => 1) };
  });
}

function tokens(
  vocabulary: number,
  length: number,
  ...path: (string | number)[]
) {
  const stream = randomStream(1, "bench", ...path);
  return Array.from({ length }, () => stream.integer(2, vocabulary - 1));
}

/** Returns the largest resident size so far, from the kernel where it tells. */
function peakBytes(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
  } catch {
    return Deno.memoryUsage().rss;
  }
}

/** A shape with both sides, in the names of the output. */
interface Row {
  shape: string;
  title: string;
  own: OwnMeasurement;
  torch: Measurement | null;
  /** The speeds of each round. */
  rounds: Record<string, number>[];
}

const SPEEDS = [
  "train_tokens_per_s",
  "generate_tokens_per_s",
  "train_tokens_per_cpu_s",
  "generate_tokens_per_cpu_s",
] as const;

const MIXED_SPEEDS = [
  "mixed_train_tokens_per_s",
  "mixed_train_tokens_per_cpu_s",
  "mixed_generate_tokens_per_s",
  "mixed_generate_tokens_per_cpu_s",
] as const;

/** Measures both sides in turns, `rounds` times. */
async function measureInTurns(
  name: string,
  rounds: number,
  python: string | null,
  limits: Record<string, string>,
): Promise<Row> {
  const own: OwnMeasurement[] = [];
  const torch: Measurement[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(await runHere(name, limits));
    if (python !== null) torch.push(await runTorch(python, name, limits));
  }
  return {
    shape: name,
    title: SHAPES[name].title,
    own: middle(own),
    torch: python === null ? null : middle(torch),
    rounds: own.map((one, round) =>
      Object.fromEntries(SPEEDS.flatMap((kind) => [
        [kind, one[kind]],
        ...(python === null ? [] : [[`torch_${kind}`, torch[round][kind]]]),
      ]))
    ),
  };
}

/** Returns one side's last round, with the medians of its speeds and the highest peak. */
function middle<M extends Measurement>(measured: readonly M[]): M {
  const last = measured.at(-1)!;
  // The mixed speeds are of this kit's side only, and null for some shapes.
  const kinds = [...SPEEDS, ...MIXED_SPEEDS]
    .filter((kind) => typeof last[kind as keyof M] === "number");
  return {
    ...last,
    ...Object.fromEntries(kinds.map((kind) => [
      kind,
      median(measured.map((one) => one[kind as keyof M] as number)),
    ])),
    peak_bytes: Math.max(...measured.map((one) => one.peak_bytes)),
  };
}

async function runHere(
  name: string,
  limits: Record<string, string>,
): Promise<OwnMeasurement> {
  return JSON.parse(
    await output(Deno.execPath(), [
      "run",
      "-A",
      fileURLToPath(import.meta.url),
      "--one",
      name,
    ], limits),
  );
}

async function runTorch(
  python: string,
  name: string,
  limits: Record<string, string>,
): Promise<Measurement> {
  const script = fileURLToPath(
    new URL("bench_model_torch.py", import.meta.url),
  );
  return JSON.parse(
    await output(python, [script, JSON.stringify(SHAPES[name])], limits),
  );
}

/** Returns the last line that a command prints. Throws when it fails. */
async function output(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(command, {
    args,
    env,
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trim().split("\n")
      .slice(-20).join("\n");
    throw new Error(`${command} ended with ${code}:\n${reason}`);
  }
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}

/** Returns an interpreter with PyTorch: the one named, or a fresh environment. */
async function torchPython(): Promise<string> {
  const named = Deno.env.get("AZR_TORCH_PYTHON");
  if (named) return named;
  const folder = await Deno.makeTempDir({ prefix: "bench-torch-" });
  console.error(`installing PyTorch into ${folder} (delete it afterwards)`);
  await output("python3", ["-m", "venv", folder]);
  const python = join(folder, "bin", "python");
  const packages = ["torch", "transformers", "peft"];
  await output(python, ["-m", "pip", "install", "--quiet", ...packages]);
  return python;
}

function asJson(rows: readonly Row[]) {
  return rows.map(({ shape, title, own, torch, rounds }) => ({
    shape,
    title,
    ...own,
    torch_train_tokens_per_s: torch?.train_tokens_per_s ?? null,
    torch_generate_tokens_per_s: torch?.generate_tokens_per_s ?? null,
    torch_train_tokens_per_cpu_s: torch?.train_tokens_per_cpu_s ?? null,
    torch_generate_tokens_per_cpu_s: torch?.generate_tokens_per_cpu_s ?? null,
    torch_peak_bytes: torch?.peak_bytes ?? null,
    torch_environment: torch?.environment ?? null,
    rounds,
  }));
}

function printRow({ shape, title, own, torch, rounds }: Row) {
  const whole = (value: number | undefined) =>
    value === undefined ? "-" : value.toFixed(value < 100 ? 1 : 0);
  console.log(
    `\n(${shape}) ${title}: ${own.parameters} parameters, ${own.backend}`,
  );
  for (const kind of SPEEDS) {
    const ratio = ratioToTorch(rounds, kind);
    console.log(
      `  ${kind.padEnd(26)} ${whole(own[kind]).padStart(8)}   PyTorch ${
        whole(torch?.[kind])
      }${ratio === null ? "" : `, ${ratio.toFixed(2)} x`}`,
    );
  }
  const megabytes = (own.peak_bytes / 2 ** 20).toFixed(0);
  console.log(
    `  peak memory ${megabytes} MiB; tensors left by training: ${own.tensors_added}`,
  );
  if (own.mixed_train_tokens_per_cpu_s !== null) {
    console.log(
      `  mixed lengths, per processor second: training ${
        whole(own.mixed_train_tokens_per_cpu_s)
      }, generation ${whole(own.mixed_generate_tokens_per_cpu_s!)}`,
    );
  }
  printProfile("training step", own.profile);
  printProfile("the same without graphs", own.single_profile);
  printProfile("generation", own.generate_profile);
  printProfile("the same without graphs", own.generate_single_profile);
}

function printProfile(what: string, profile: readonly OperationShare[]) {
  if (profile.length === 0) return;
  console.log(`  ${what} by operation:`);
  for (const { operation, ms_per_step, calls_per_step } of profile) {
    console.log(
      `    ${operation.padEnd(36)} ${ms_per_step.toFixed(2).padStart(9)} ms ${
        calls_per_step.toFixed(0).padStart(6)
      } calls`,
    );
  }
}

/** Reads the command line. */
function options() {
  const text = { type: "string" } as const;
  const shapes = Object.keys(SHAPES).join();
  return benchOptions({
    name: "model",
    says: "measures tokens per second of training and generation",
    options: {
      json: { type: "boolean", says: "print one JSON object" },
      torch: { type: "boolean", says: "beside PyTorch on the same shapes" },
      shape: {
        ...{ ...text, default: shapes, value: "NAMES" },
        says: `shapes to measure (default: ${shapes})`,
      },
      threads: { ...text, value: "NUMBER", says: "threads of each side" },
      rounds: {
        ...{ ...text, default: "1", value: "NUMBER" },
        says: "rounds in which both sides take turns (default: 1)",
      },
      one: {
        ...{ ...text, value: "SHAPE" },
        says: "measure one shape here (used by this command itself)",
      },
    },
  }).values;
}

async function main(): Promise<void> {
  const { one, shape, json, ...asked } = options();
  const names = namesIn("model", "shape", one ?? shape, Object.keys(SHAPES));
  if (one !== undefined) {
    console.log(JSON.stringify(await measure(SHAPES[one])));
    return;
  }
  const rounds = countIn("model", "rounds", asked.rounds);
  const python = asked.torch ? await torchPython() : null;
  const limits = threadLimits(asked.threads);
  const rows: Row[] = [];
  for (const name of names) {
    rows.push(await measureInTurns(name, rounds, python, limits));
    if (!json) printRow(rows.at(-1)!);
  }
  if (json) console.log(JSON.stringify(asJson(rows)));
}

if (import.meta.main) await main();
