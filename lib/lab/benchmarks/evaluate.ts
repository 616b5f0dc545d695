/**
 * The evaluation: a model's responses to the items of benchmarks, graded, one row an
 * item, so that anyone can recompute every figure.
 *
 * Rows are appended to `rows.jsonl` as they come. An evaluation that was interrupted
 * goes on behind the last whole row; its settings have to be the same. An item's
 * samples are drawn from a seed of its own, so that they do not depend on what was
 * asked before.
 */

import { join } from "node:path";
import { derivedSeed } from "../../random.ts";
import type { PooledExecutor } from "../../sandbox/mod.ts";
import type { Answerer, AnswerOptions } from "./answerer.ts";
import type { Benchmark, Prompt } from "./benchmark.ts";

/** The row of one item. The lists hold one entry a sample. */
export interface BenchmarkRow {
  benchmark: string;
  item: string;
  /** SHA-256 of the prompt's text. */
  prompt: string;
  samples: number;
  /** Samples that were right. */
  correct: number;
  causes: string[];
  details: string[];
  responses: string[];
  /** Tokens of the prompt, and of each response; 0 where the reference answers. */
  promptTokens: number;
  tokens: number[];
}

/** What decides an evaluation's rows. */
export interface BenchmarkSettings {
  /** `gold`, or what was given as the model. */
  model: string;
  samples: number;
  /** The words in which reasoning about code is asked, as in self-play. */
  dialect: "chat" | "template" | "code";
  /** 0 is greedy. */
  temperature: number;
  topP: number;
  maxNewTokens: number;
  seed: number;
}

/** Something to evaluate on. */
export interface Chosen<Item extends { id: string }> {
  benchmark: Benchmark<Item>;
  items: readonly Item[];
}

interface Evaluation {
  folder: string;
  settings: BenchmarkSettings;
  answerer: Answerer;
  executor: PooledExecutor;
  /** Items asked together. */
  batch: number;
  /** Hears of every batch: items answered in this call, all items of it, and the tokens of prompts and responses. */
  onProgress?(done: number, total: number, tokens: number): void;
}

/**
 * Evaluates what is not yet in the folder and returns the rows of all chosen items, in
 * order. Throws naming the setting or the item's prompt that is not as it was.
 */
export async function evaluateBenchmarks(
  // Each benchmark reads its own items and is given no others.
  // deno-lint-ignore no-explicit-any
  chosen: readonly Chosen<any>[],
  evaluation: Evaluation,
): Promise<BenchmarkRow[]> {
  const { folder, settings, answerer } = evaluation;
  await keepSettings(folder, settings);
  const path = join(folder, "rows.jsonl");
  const rows = await readRows(path);
  const left = (await askedOf(chosen, answerer)).filter(
    ({ benchmark, item, hash }) => {
      const known = rows.get(keyOf(benchmark.name, item.id));
      if (known === undefined || known.prompt === hash) return !known;
      throw new Error(
        `${path}: ${benchmark.name} ${item.id} was asked with another prompt: ` +
          "give another folder as --out",
      );
    },
  );
  using file = Deno.openSync(path, { append: true, create: true });
  let tokens = 0;
  let done = 0;
  for await (const batch of answered(left, evaluation)) {
    for (const row of batch) {
      rows.set(keyOf(row.benchmark, row.item), row);
      writeAll(file, `${JSON.stringify(row)}\n`);
      tokens += row.tokens.reduce((sum, n) => sum + n, row.promptTokens);
    }
    evaluation.onProgress?.(done += batch.length, left.length, tokens);
  }
  return chosen.flatMap(({ benchmark, items }) =>
    items.map(({ id }) => rows.get(keyOf(benchmark.name, id))!)
  );
}

/** An item with its prompt. */
interface Asked {
  // deno-lint-ignore no-explicit-any
  benchmark: Benchmark<any>;
  item: { id: string };
  prompt: Prompt;
  hash: string;
}

/** Returns the chosen items with what is asked of each. */
export async function askedOf(
  // deno-lint-ignore no-explicit-any
  chosen: readonly Chosen<any>[],
  { template }: Answerer,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const { benchmark, items } of chosen) {
    for (const item of items) {
      const prompt = benchmark.prompt(item, template);
      asked.push({ benchmark, item, prompt, hash: await sha256(prompt.text) });
    }
  }
  return asked;
}

/** What it takes to answer and grade items. */
type Answering = Pick<Evaluation, "answerer" | "executor" | "batch"> & {
  settings: AnswerOptions & { seed: number };
};

/** Answers and grades items, batch by batch. A batch holds items of one benchmark: its samples end at the same strings. */
export async function* answered(
  asked: readonly Asked[],
  answering: Answering,
): AsyncGenerator<BenchmarkRow[]> {
  const names = asked.map(({ benchmark }) => benchmark.name);
  for (const [from, to] of batches(names, answering.batch)) {
    yield await answerBatch(asked.slice(from, to), answering);
  }
}

async function answerBatch(
  asked: readonly Asked[],
  { settings, answerer, executor }: Answering,
): Promise<BenchmarkRow[]> {
  const [{ benchmark, prompt: form }] = asked;
  const groups = await answerer.answer(
    asked.map(({ item, prompt }) => ({
      reference: benchmark.reference(item),
      prompt: prompt.text,
      seed: derivedSeed(settings.seed, "benchmark", benchmark.name, item.id),
    })),
    form,
    settings,
  );
  const attempts = asked.flatMap(({ item }, i) =>
    groups[i].map(({ text }) => ({ item, response: text }))
  );
  const verdicts = await benchmark.grade(executor, attempts);
  let next = 0;
  return asked.map(({ item, hash }, i) => {
    const graded = verdicts.slice(next, next += groups[i].length);
    return {
      benchmark: benchmark.name,
      item: item.id,
      prompt: hash,
      samples: graded.length,
      correct: graded.filter(({ correct }) => correct).length,
      causes: graded.map(({ cause }) => cause),
      details: graded.map(({ detail }) => detail),
      responses: groups[i].map(({ text }) => text),
      promptTokens: groups[i][0].promptTokens,
      tokens: groups[i].map(({ tokens }) => tokens),
    };
  });
}

/** Ranges of at most `size` neighbours with the same name. */
function* batches(
  names: readonly string[],
  size: number,
): Generator<[number, number]> {
  for (let from = 0, to = 0; from < names.length; from = to) {
    while (to < names.length && to - from < size && names[to] === names[from]) {
      to++;
    }
    yield [from, to];
  }
}

/** The whole rows of a file. A last line that is not whole is cut off. */
async function readRows(path: string): Promise<Map<string, BenchmarkRow>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole !== text) await Deno.writeTextFile(path, whole);
  const lines = whole.split("\n").slice(0, -1);
  return new Map(lines.map((line, i) => {
    try {
      const row: BenchmarkRow = JSON.parse(line);
      return [keyOf(row.benchmark, row.item), row];
    } catch (error) {
      throw new Error(
        `${path}:${i + 1} is no row (${(error as Error).message}): ` +
          "remove the line, and it is evaluated again",
      );
    }
  }));
}

async function keepSettings(
  folder: string,
  settings: BenchmarkSettings,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, "settings.json");
  let known: Record<string, unknown>;
  try {
    known = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`${path}: ${(error as Error).message}`);
    }
    const text = JSON.stringify(settings, null, 2) + "\n";
    await Deno.writeTextFile(path, text);
    return;
  }
  for (const [name, value] of Object.entries(settings)) {
    if (known[name] === value) continue;
    throw new Error(
      `${path}: ${name} was ${JSON.stringify(known[name])} and is ` +
        `${JSON.stringify(value)}: give another folder as --out`,
    );
  }
}

function writeAll(file: Deno.FsFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function keyOf(benchmark: string, item: string): string {
  return `${benchmark} ${item}`;
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
