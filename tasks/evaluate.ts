/**
 * `deno task evaluate`: a language model on public benchmarks, item by item.
 *
 * Writes `rows.jsonl`, `settings.json` and `table.md` to `--out`, and goes on where
 * an earlier call with the same settings stopped.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { openModel } from "../lib/engines/choice.ts";
import { ENGINES } from "../lib/engines/engine_config.ts";
import {
  type Answerer,
  goldAnswerer,
  modelAnswerer,
} from "../lib/lab/benchmarks/answerer.ts";
import {
  benchmarkNamed,
  BENCHMARKS,
} from "../lib/lab/benchmarks/benchmarks.ts";
import {
  type BenchmarkSettings,
  evaluateBenchmarks,
} from "../lib/lab/benchmarks/evaluate.ts";
import { readItems } from "../lib/lab/benchmarks/file.ts";
import { benchmarkTable } from "../lib/lab/benchmarks/table.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";

const USAGE =
  `deno task evaluate --benchmarks NAME,NAME --model gold|FOLDER [options]
  --benchmarks   ${BENCHMARKS.map(({ name }) => name).join(", ")}
  --model        a model's folder, or gold: the reference answers as a model
  --data         folder with the benchmarks' files (default: benchmarks)
  --limit        only the first so many items of each
  --samples, --temperature, --top-p   default: 1 greedy sample
  --max-tokens   longest response (default: 1024)
  --batch        items asked together (default: 8)
  --seed         default: 1
  --out          default: runs/evaluate-MODEL`;

const OPTIONS = {
  benchmarks: { type: "string" },
  model: { type: "string" },
  data: { type: "string", default: "benchmarks" },
  limit: { type: "string" },
  samples: { type: "string", default: "1" },
  temperature: { type: "string", default: "0" },
  "top-p": { type: "string", default: "1" },
  "max-tokens": { type: "string", default: "1024" },
  batch: { type: "string", default: "8" },
  seed: { type: "string", default: "1" },
  out: { type: "string" },
} as const;

interface Asked {
  settings: BenchmarkSettings;
  benchmarks: ReturnType<typeof benchmarkNamed>[];
  data: string;
  limit?: number;
  batch: number;
  out: string;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = parse([...args]);
  } catch (error) {
    console.error(`evaluate: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  try {
    await evaluate(asked);
    return 0;
  } catch (error) {
    console.error(`evaluate: ${(error as Error).message}`);
    return 1;
  }
}

function parse(args: string[]): Asked {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { benchmarks, model, limit } = values;
  if (!benchmarks) throw new Error("--benchmarks names none");
  if (!model) throw new Error("--model is missing");
  const number = (
    name: "samples" | "temperature" | "top-p" | "max-tokens" | "batch" | "seed",
    lowest: number,
    isWhole = true,
  ) => checked(name, values[name], lowest, isWhole);
  const settings = {
    model,
    samples: number("samples", 1),
    temperature: number("temperature", 0, false),
    topP: number("top-p", 1e-6, false),
    maxNewTokens: number("max-tokens", 1),
    seed: number("seed", 0),
  };
  if (settings.topP > 1) throw new Error("--top-p is at most 1");
  if (settings.samples > 1 && settings.temperature === 0 && model !== "gold") {
    throw new Error("--samples above 1 are all the same without --temperature");
  }
  const place = model.split(/[\\/]/).filter(Boolean).at(-1);
  return {
    settings,
    benchmarks: benchmarks.split(",").map(benchmarkNamed),
    data: values.data,
    ...(limit && { limit: checked("limit", limit, 1, true) }),
    batch: number("batch", 1),
    out: values.out ?? join("runs", `evaluate-${place}`),
  };
}

function checked(
  name: string,
  text: string,
  lowest: number,
  isWhole: boolean,
): number {
  const value = Number(text);
  const isGood = text.trim() !== "" && Number.isFinite(value) &&
    value >= lowest && (!isWhole || Number.isInteger(value));
  if (isGood) return value;
  const kind = isWhole ? "a whole number" : "a number";
  throw new Error(`--${name} is ${kind} from ${lowest}, not "${text}"`);
}

async function evaluate(asked: Asked): Promise<void> {
  const { settings, out, batch } = asked;
  const chosen = await Promise.all(asked.benchmarks.map(async (benchmark) => ({
    benchmark,
    items: (await readItems(benchmark, asked.data)).slice(0, asked.limit),
  })));
  await using executor = await startExecutor({ languages: ["python"] });
  const { answerer, close } = await open(settings);
  const begun = performance.now();
  try {
    const rows = await evaluateBenchmarks(chosen, {
      folder: out,
      settings,
      answerer,
      executor,
      batch,
      onProgress: (done, total, tokens) =>
        console.error(progress(done, total, tokens, performance.now() - begun)),
    });
    const table = benchmarkTable(rows);
    await Deno.writeTextFile(join(out, "table.md"), `${table}\n`);
    console.log(table);
    if (settings.model === "gold") {
      for (
        const row of rows.filter(({ correct, samples }) => correct < samples)
      ) {
        const detail = row.details[0];
        console.log(
          `${row.benchmark} ${row.item}: ${row.causes[0]}: ${detail}`,
        );
      }
    }
    console.log(`rows: ${join(out, "rows.jsonl")}`);
  } finally {
    close();
  }
}

async function open(
  { model, seed }: BenchmarkSettings,
): Promise<{ answerer: Answerer; close(): void }> {
  if (model === "gold") return { answerer: goldAnswerer, close: () => {} };
  const opened = await openModel({ ...ENGINES.local, model }, seed);
  const { engine } = opened;
  return { answerer: modelAnswerer(opened), close: () => engine.dispose() };
}

/** `12 of 500 items, 3,400 tokens, 20 s, about 800 s left`. */
function progress(
  done: number,
  total: number,
  tokens: number,
  milliseconds: number,
): string {
  const seconds = milliseconds / 1000;
  const left = seconds / done * (total - done);
  return `${done} of ${total} items, ${tokens.toLocaleString("en")} tokens, ` +
    `${seconds.toFixed(0)} s, about ${left.toFixed(0)} s left`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
