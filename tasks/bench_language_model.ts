/**
 * `deno task bench language_model [--model NAME] [--lora 16] [--rows a,b] [--torch]`: how
 * fast a language model is sampled and trained on this machine, and its peak memory,
 * beside transformers and PEFT when asked. Prints one JSON object.
 *
 * Every row and side runs in a process of its own, so that its peak memory is its own:
 * once to warm up, then once for the figures. `--torch` takes the interpreter that
 * AZR_TORCH_PYTHON names, with torch, transformers and peft. On a busy machine compare
 * the tokens per second of processor time. Left out: small shapes (bench model).
 */
import { cpus } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LocalEngine } from "../lib/engines/local.ts";
import { LORA_TARGETS } from "../lib/model/mod.ts";
import { randomStream } from "../lib/random.ts";
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
  "decode-16": row(false, 16, 1, 16, 48),
  "decode-64": row(false, 64, 1, 16, 48),
  "decode-8x8": row(false, 8, 8, 256, 48),
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

/** Measures a row in this process, after a warm-up. */
async function measure(folder: string, name: string, lora: number) {
  const config = { rank: lora, alpha: 2 * lora, targets: LORA_TARGETS };
  const engine = lora > 0
    ? await LocalEngine.withAdapters(folder, config, 1)
    : await LocalEngine.fromFolder(folder);
  const work = workOf(engine, ROWS[name]);
  await work();
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const status = Deno.readTextFileSync("/proc/self/status");
  return {
    seconds: (performance.now() - started) / 1000,
    processor_seconds: (user + system) / 1e6,
    peak_bytes: 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]),
  };
}

/** Runs one side of a row in a process of its own. */
async function inProcess(name: string, command: string, args: string[]) {
  const { code, stdout } = await new Deno.Command(command, {
    args,
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${command} failed in row ${name}`);
  const line = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
  const { seconds, processor_seconds, ...rest } = JSON.parse(line);
  const counted = countedTokens(ROWS[name]);
  return {
    tokens_per_s: counted / seconds,
    tokens_per_cpu_s: counted / processor_seconds,
    ...rest,
  };
}

async function main(args: readonly string[]): Promise<void> {
  const valueOf = (flag: string, otherwise: string) =>
    args.includes(flag) ? args[args.indexOf(flag) + 1] : otherwise;
  const lora = Number(valueOf("--lora", "0"));
  const folder = await modelFolder(
    valueOf("--model", "smollm2-135m-instruct"),
  );
  const one = valueOf("--one", "");
  if (one !== "") {
    return console.log(JSON.stringify(await measure(folder, one, lora)));
  }
  const names = valueOf("--rows", Object.keys(ROWS).join()).split(",");
  const unknown = names.find((name) => !(name in ROWS));
  if (unknown !== undefined) {
    throw new Error(
      `--rows ${unknown}: choose among ${Object.keys(ROWS).join(", ")}`,
    );
  }
  const python = Deno.env.get("AZR_TORCH_PYTHON");
  if (args.includes("--torch") && python === undefined) {
    throw new Error(
      "--torch: set AZR_TORCH_PYTHON to a python that has torch, " +
        "transformers and peft",
    );
  }
  const script = (name: string) =>
    fileURLToPath(new URL(name, import.meta.url));
  const rows = [];
  for (const name of names) {
    const shared = ["--model", folder, "--lora", String(lora), "--one", name];
    rows.push({
      row: name,
      ...ROWS[name],
      load_average: Deno.loadavg()[0],
      own: await inProcess(name, Deno.execPath(), [
        ...["run", "-A", script("bench_language_model.ts")],
        ...shared,
      ]),
      torch: args.includes("--torch")
        ? await inProcess(name, python!, [
          script("bench_language_model_torch.py"),
          folder,
          String(lora),
          JSON.stringify(ROWS[name]),
        ])
        : null,
    });
  }
  console.log(JSON.stringify({
    model: valueOf("--model", "smollm2-135m-instruct"),
    lora,
    hardware: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    rows,
  }));
}

if (import.meta.main) await main(Deno.args);
