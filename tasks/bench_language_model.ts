/**
 * `deno task bench language_model [--model NAME] [--lora 16] [--weights bfloat16]
 * [--rows a,b] [--rounds 3] [--threads 1] [--torch]`: how fast a language model is sampled
 * and trained on this machine, and its peak memory, beside transformers and PEFT when
 * asked. Prints one JSON object.
 *
 * Every row has a process of its own on each side, so that its peak memory is its own.
 * Both sides work in turns: once to warm up, then for the rounds' figures. `--torch`
 * takes the interpreter that AZR_TORCH_PYTHON names, with torch, transformers and peft.
 * PyTorch's threads wait for each other by spinning: on a busy machine compare with
 * `--threads 1`. Left out: small shapes (bench model).
 */
import { cpus } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LocalEngine } from "../lib/engines/local.ts";
import { LORA_TARGETS } from "../lib/model/mod.ts";
import { randomStream } from "../lib/random.ts";
import {
  answerLines,
  inTurns,
  peakBytes,
  type RoundFigures,
  threadLimits,
} from "./bench/in_turns.ts";
import { benchOptions, countIn, namesIn, refuse } from "./bench/options.ts";
import { modelFolder } from "./model/folder.ts";

/** Prompts, samples of each, their tokens, and whether they are trained on. */
interface LanguageRow {
  prompts: number;
  samples: number;
  promptTokens: number;
  responseTokens: number;
  trains: boolean;
}

const row = (
  trains: boolean,
  prompts: number,
  samples: number,
  promptTokens: number,
  responseTokens: number,
): LanguageRow => ({ trains, prompts, samples, promptTokens, responseTokens });

const ROWS: Record<string, LanguageRow> = {
  "prefill": row(false, 4, 1, 512, 1),
  "decode-1": row(false, 1, 1, 16, 48),
  "decode-16": row(false, 16, 1, 16, 24),
  "decode-64": row(false, 64, 1, 16, 24),
  "decode-8x8": row(false, 8, 8, 256, 24),
  "train-8x256": row(true, 8, 1, 192, 64),
  "train-shared": row(true, 1, 8, 192, 64),
  "train-1024": row(true, 1, 1, 768, 256),
};

/** Tokens by which a row's speed is counted. */
function countedTokens(one: LanguageRow): number {
  const { prompts, samples, promptTokens, responseTokens } = one;
  if (one.trains) return prompts * samples * (promptTokens + responseTokens);
  return prompts * (responseTokens === 1 ? promptTokens : samples *
    responseTokens);
}

function tokens(length: number, ...path: (string | number)[]): number[] {
  const stream = randomStream(1, "bench", ...path);
  return Array.from({ length }, () => stream.integer(100, 40000));
}

/** Returns the work of a row. */
function workOf(engine: LocalEngine, one: LanguageRow) {
  const { prompts, samples, promptTokens, responseTokens } = one;
  const requests = Array.from({ length: prompts }, (_, seed) => ({
    promptTokens: tokens(promptTokens, "prompt", seed),
    count: samples,
    maxNewTokens: responseTokens,
    seed,
  }));
  if (!one.trains) {
    return () => engine.sample(requests, { temperature: 1, stopTokens: [] });
  }
  const each = (value: number) => new Array(responseTokens).fill(value);
  const sequences = Array.from({ length: prompts * samples }, (_, i) => ({
    promptTokens: requests[Math.floor(i / samples)].promptTokens,
    responseTokens: tokens(responseTokens, "response", i),
    advantages: each(i % 2 ? 1 : -1),
    oldLogProbs: each(-10),
    weights: each(1 / (prompts * samples * responseTokens)),
  }));
  return () =>
    engine.trainStep(sequences, {
      objective: "ppo-clip",
      clipLow: 0.2,
      clipHigh: 0.2,
      entropyCoefficient: 0.001,
    }, {
      learningRate: 1e-6,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
      maxGradientNorm: 1,
    });
}

/** Does a row's work in this process whenever a line comes in, and prints its figures. */
async function serve(folder: string, name: string, lora: number) {
  const config = { rank: lora, alpha: 2 * lora, targets: LORA_TARGETS };
  const engine = lora > 0
    ? await LocalEngine.withAdapters(folder, config, 1)
    : await LocalEngine.fromFolder(folder);
  if (values.weights === "bfloat16") engine.model.narrow();
  const work = workOf(engine, ROWS[name]);
  await answerLines(async () => {
    const started = performance.now();
    const cpu = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(cpu);
    return {
      seconds: (performance.now() - started) / 1000,
      processor_seconds: (user + system) / 1e6,
      peak_bytes: peakBytes(),
    };
  });
}

/** Measures a row on every side in turns. */
async function measured(
  name: string,
  sides: Record<string, [command: string, ...args: string[]]>,
) {
  const counted = countedTokens(ROWS[name]);
  const load_average = Deno.loadavg()[0];
  const figures = await inTurns(
    sides,
    countIn(NAME, "rounds", values.rounds),
    threadLimits(values.threads),
  );
  const [own, torch] = Object.values(figures)
    .map((rows) => sideOf(rows, counted));
  return { row: name, ...ROWS[name], load_average, own, torch: torch ?? null };
}

/** Speed in every round after the first, which warms up, and the peak after each. */
function sideOf(rounds: readonly RoundFigures[], counted: number) {
  const measured = rounds.slice(1);
  return {
    tokens_per_s: measured.map(({ seconds }) => counted / seconds),
    tokens_per_cpu_s: measured.map((row) => counted / row.processor_seconds),
    peak_bytes: rounds.map(({ peak_bytes }) => peak_bytes),
  };
}

const NAME = "language_model";
const ALL_ROWS = Object.keys(ROWS).join();
const text = { type: "string" } as const;
const { values } = benchOptions({
  name: NAME,
  says: "measures how fast a language model is sampled and trained",
  options: {
    model: {
      ...{ ...text, default: "smollm2-135m-instruct", value: "NAME" },
      says: "a folder, a file, or a name of deno task model",
    },
    lora: {
      ...{ ...text, default: "0", value: "RANK" },
      says: "rank of the adapters; 0 trains all weights (default)",
    },
    weights: {
      ...{ ...text, default: "float32", value: "TYPE" },
      says: "float32 (default) or bfloat16",
    },
    rows: {
      ...{ ...text, default: ALL_ROWS, value: "NAMES" },
      says: `rows to measure (default: ${ALL_ROWS})`,
    },
    rounds: {
      ...{ ...text, default: "3", value: "NUMBER" },
      says: "measured rounds (default: 3)",
    },
    threads: { ...text, value: "NUMBER", says: "threads of each side" },
    torch: {
      ...{ type: "boolean", default: false },
      says: "beside the PyTorch of $AZR_TORCH_PYTHON",
    },
    serve: {
      ...{ ...text, value: "ROW" },
      says: "be one side of a measurement (used by this command itself)",
    },
  },
});

/** Returns the commands of both sides of a row; PyTorch's only where it is asked for. */
function sidesOf(name: string, folder: string, python: string | undefined) {
  const script = (file: string) =>
    fileURLToPath(new URL(file, import.meta.url));
  const own: [string, ...string[]] = [
    Deno.execPath(),
    ...["run", "-A", script("bench_language_model.ts"), "--serve", name],
    ...["--model", folder, "--lora", values.lora, "--weights", values.weights],
  ];
  const row = JSON.stringify(ROWS[name]);
  const theirs = [script("bench_language_model_torch.py"), folder];
  const sides: Record<string, [string, ...string[]]> = { own };
  if (python) sides.torch = [python, ...theirs, values.lora, row];
  return sides;
}

async function main(): Promise<void> {
  const folder = await modelFolder(values.model);
  if (values.serve !== undefined) {
    return serve(folder, values.serve, Number(values.lora));
  }
  const names = namesIn(NAME, "rows", values.rows, Object.keys(ROWS));
  const python = values.torch ? Deno.env.get("AZR_TORCH_PYTHON") : undefined;
  if (values.torch && python === undefined) {
    refuse(
      NAME,
      "--torch: set AZR_TORCH_PYTHON to a python that has torch, " +
        "transformers and peft",
    );
  }
  const rows = [];
  for (const name of names) {
    const sides = sidesOf(name, folder, python);
    rows.push(await measured(name, sides));
  }
  console.log(JSON.stringify({
    model: values.model,
    lora: Number(values.lora),
    weights: values.weights,
    threads: values.threads ?? "all",
    hardware: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    versions: python === undefined ? null : await versionsOf(python),
    rows,
  }));
}

/** Returns the versions of PyTorch's side. */
async function versionsOf(python: string): Promise<Record<string, string>> {
  const packages = ["torch", "transformers", "peft"];
  const script = "import importlib.metadata as m, json, sys; " +
    "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))";
  const { stdout } = await new Deno.Command(python, {
    args: ["-c", script, ...packages],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (import.meta.main) await main();
