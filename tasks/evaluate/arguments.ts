/** The command line of evaluations, read strictly: what is not understood is an error. */

import { basename, join } from "node:path";
import { type EngineConfig, ENGINES } from "../../lib/engines/engine_config.ts";
import type { Benchmark } from "../../lib/lab/benchmarks/benchmark.ts";
import {
  benchmarkNamed,
  BENCHMARKS,
} from "../../lib/lab/benchmarks/benchmarks.ts";
import type { BenchmarkSettings } from "../../lib/lab/benchmarks/evaluate.ts";
import { modelFolder } from "../model/folder.ts";
import { optionLines, readWords } from "../usage.ts";

/** What is asked of an evaluation. */
export interface Asked {
  settings: BenchmarkSettings;
  /** Null where the reference answers. */
  engine: EngineConfig | null;
  // deno-lint-ignore no-explicit-any
  benchmarks: Benchmark<any>[];
  data: string;
  limit?: number;
  batch: number;
  out: string;
}

/** An option: its value in the usage text, what it does, and what it is where it is not given. */
interface Option {
  value: string;
  says: string;
  default?: string;
}

const OPTIONS = {
  benchmarks: {
    value: "NAME,NAME",
    says: BENCHMARKS.map(({ name }) => name).join(",\n"),
  },
  model: {
    value: "MODEL",
    says: "gold (the reference answers); a model's name, folder or\n" +
      "GGUF file (deno task model); a run's folder, whose newest\n" +
      "checkpoint is taken, or one checkpoint of it; with another\n" +
      "--engine, the model's name on the server",
  },
  engine: { value: "NAME", says: "local, openai or tinker", default: "local" },
  address: { value: "URL", says: "the server's address (openai, tinker)" },
  tokenizer: {
    value: "FOLDER",
    says: "folder or name of the tokenizer of a server's model",
  },
  form: { value: "FORM", says: "form of the requests: tokens, text or chat" },
  context: {
    value: "TOKENS",
    says: "longest prompt + response of a server's model",
  },
  dialect: {
    value: "NAME",
    says: "how reasoning about code is asked: chat (the paper's\n" +
      "transcript), template (the model's own chat) or code (an\n" +
      "assert to go on with, for base and small models)",
    default: "chat",
  },
  data: {
    value: "FOLDER",
    says: "where the benchmarks' files lie",
    default: "benchmarks",
  },
  limit: { value: "NUMBER", says: "only the first so many items of each" },
  samples: { value: "NUMBER", says: "responses to an item", default: "1" },
  temperature: { value: "NUMBER", says: "0 is greedy", default: "0" },
  "top-p": { value: "NUMBER", says: "share of the nucleus", default: "1" },
  "max-tokens": {
    value: "NUMBER",
    says: "longest response",
    default: "1024",
  },
  batch: { value: "NUMBER", says: "items asked together", default: "8" },
  seed: { value: "NUMBER", says: "seed of the samples", default: "1" },
  out: {
    value: "FOLDER",
    says:
      "where rows, settings, calls and table go; the same\ncommand goes on " +
      "there (default: runs/evaluate-MODEL)",
  },
} satisfies Record<string, Option>;

export const USAGE = [
  "deno task evaluate --benchmarks NAME,NAME --model MODEL [OPTIONS]\n",
  ...optionLines(Object.fromEntries(
    Object.entries<Option>(OPTIONS).map(([name, { value, says, ...rest }]) => [
      `--${name}`,
      {
        value,
        says: rest.default ? `${says} (default: ${rest.default})` : says,
      },
    ]),
  )),
].join("\n");

/** Reads the arguments; names of models become folders. Throws naming what is wrong. */
export async function parseArguments(args: readonly string[]): Promise<Asked> {
  const { values } = readWords(
    args,
    Object.fromEntries(
      Object.entries<Option>(OPTIONS).map(([name, option]) => [name, {
        type: "string" as const,
        ...(option.default && { default: option.default }),
      }]),
    ),
  ) as { values: Partial<Record<keyof typeof OPTIONS, string>> };
  const { benchmarks, model, limit } = values;
  if (!benchmarks) throw new Error("--benchmarks names none");
  if (!model) throw new Error("--model is missing");
  const engine = model === "gold" ? null : await engineOf(model, values);
  const kind = engine === null || engine.engine === "local"
    ? ""
    : `${engine.engine}:`;
  return {
    settings: settingsOf(`${kind}${model}`, values),
    engine,
    benchmarks: benchmarks.split(",").map(benchmarkNamed),
    data: values.data!,
    ...(limit && { limit: number("limit", limit, 1) }),
    batch: number("batch", values.batch!, 1),
    out: values.out ?? join("runs", `evaluate-${basename(model, ".gguf")}`),
  };
}

type Values = Partial<Record<keyof typeof OPTIONS, string>>;

function settingsOf(model: string, values: Values): BenchmarkSettings {
  const settings: BenchmarkSettings = {
    model,
    dialect: dialectNamed(values.dialect!),
    samples: number("samples", values.samples!, 1),
    temperature: number("temperature", values.temperature!, 0, false),
    topP: number("top-p", values["top-p"]!, 1e-6, false),
    maxNewTokens: number("max-tokens", values["max-tokens"]!, 1),
    seed: number("seed", values.seed!, 0),
  };
  if (settings.topP > 1) throw new Error("--top-p is at most 1");
  if (settings.samples > 1 && settings.temperature === 0 && model !== "gold") {
    throw new Error("--samples above 1 are all the same without --temperature");
  }
  return settings;
}

function dialectNamed(name: string): BenchmarkSettings["dialect"] {
  if (name === "chat" || name === "template" || name === "code") return name;
  throw new Error(`--dialect is chat, template or code, not "${name}"`);
}

async function engineOf(model: string, values: Values): Promise<EngineConfig> {
  const name = values.engine!;
  if (!Object.hasOwn(ENGINES, name)) {
    throw new Error(
      `--engine is one of ${Object.keys(ENGINES).join(", ")}, not "${name}"`,
    );
  }
  const known = ENGINES[name as EngineConfig["engine"]];
  const { address, tokenizer, form, context } = values;
  return {
    ...known,
    model: known.engine === "local" ? await modelFolder(model) : model,
    ...(address && { address }),
    ...(tokenizer && { tokenizer: await modelFolder(tokenizer) }),
    ...(form && { form: form as EngineConfig["form"] }),
    ...(context && { contextLength: number("context", context, 1) }),
  };
}

function number(
  name: string,
  text: string,
  lowest: number,
  isWhole = true,
): number {
  const value = Number(text);
  const isGood = text.trim() !== "" && Number.isFinite(value) &&
    value >= lowest && (!isWhole || Number.isInteger(value));
  if (isGood) return value;
  const kind = isWhole ? "a whole number" : "a number";
  throw new Error(`--${name} is ${kind} from ${lowest}, not "${text}"`);
}
