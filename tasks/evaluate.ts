/**
 * `deno task evaluate`: a language model on public benchmarks, item by item.
 *
 * Prints what is asked, and writes `rows.jsonl`, `settings.json`, `guesses.json` (what
 * blind guesses score), `table.md` and `calls.jsonl` (command, seconds and machine of
 * each call) to `--out`, and goes on where an earlier call with the same
 * settings stopped.
 */

import { join } from "node:path";
import { openModel } from "../lib/engines/choice.ts";
import { type Answerer, goldAnswerer } from "../lib/lab/benchmarks/answerer.ts";
import { modelAnswerer } from "./evaluate/model_answerer.ts";
import {
  type BenchmarkRow,
  evaluateBenchmarks,
} from "../lib/lab/benchmarks/evaluate.ts";
import { readItems } from "../lib/lab/benchmarks/file.ts";
import { guessScores } from "../lib/lab/benchmarks/guesses.ts";
import { GRADING_SANDBOX } from "../lib/lab/benchmarks/livecodebench.ts";
import { benchmarkTable } from "../lib/lab/benchmarks/table.ts";
import { extraOf } from "../lib/method/extras.ts";
import type { Dialect } from "../lib/method/modes/dialect.ts";
import { dialectNamed } from "../lib/method/modes/mod.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
import { machineNow } from "./machine.ts";
import { type Asked, parseArguments, USAGE } from "./evaluate/arguments.ts";
import { helpHint, runTask } from "./usage.ts";
import "../lib/extras/mod.ts";

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = await parseArguments(args);
  } catch (error) {
    console.error(
      `evaluate: ${(error as Error).message}\n${helpHint("evaluate")}`,
    );
    return 2;
  }
  try {
    await evaluate(asked, `deno task evaluate ${args.join(" ")}`);
    return 0;
  } catch (error) {
    console.error(`evaluate: ${(error as Error).message}`);
    return 1;
  }
}

async function evaluate(asked: Asked, command: string): Promise<void> {
  const { settings, out, batch, engine } = asked;
  if (engine !== null && engine.engine !== "local") {
    await requireServer(engine.address);
  }
  const files = await Promise.all(asked.benchmarks.map(async (benchmark) => ({
    benchmark,
    items: await readItems(benchmark, asked.data, asked.limit),
  })));
  await using executor = await startExecutor(GRADING_SANDBOX);
  const { answerer, dialect, close } = await open(asked);
  const chosen = files.map(({ benchmark, items }) => ({
    benchmark: benchmark.inDialect?.(dialect) ?? benchmark,
    items,
  }));
  for (const { benchmark, items: [first] } of chosen) {
    const { text, stops } = benchmark.prompt(first, answerer.template);
    const ends = stops.map((stop) => JSON.stringify(stop)).join(", ");
    console.log(
      `${benchmark.name} asks, for example (ends: ${ends}):\n${text}\n`,
    );
  }
  const begun = performance.now();
  let call = { items: 0, tokens: 0, seconds: 0 };
  try {
    const rows = await evaluateBenchmarks(chosen, {
      folder: out,
      settings,
      answerer,
      executor,
      batch,
      onProgress(items, total, tokens) {
        const seconds = (performance.now() - begun) / 1000;
        call = { items, tokens, seconds: Math.round(seconds) };
        console.error(progress(items, total, tokens, seconds));
      },
    });
    if (settings.model === "gold") listFailures(rows);
    const guesses = await guessScores(chosen, executor);
    const kept = JSON.stringify(guesses, null, 2);
    await Deno.writeTextFile(join(out, "guesses.json"), `${kept}\n`);
    const table = benchmarkTable(rows, guesses);
    await Deno.writeTextFile(join(out, "table.md"), `${table}\n`);
    console.log(table);
    console.log(`\nrows: ${join(out, "rows.jsonl")}`);
  } finally {
    if (call.items > 0) writeCall(out, command, call);
    await close();
  }
}

/** Throws at once where no server answers; a run that has begun waits for one that is gone. */
async function requireServer(address: string): Promise<void> {
  try {
    const signal = AbortSignal.timeout(10_000);
    await (await fetch(address, { redirect: "manual", signal })).body?.cancel();
  } catch (error) {
    throw new Error(
      `no server answers at ${address} (${(error as Error).message}): ` +
        "start it, or give its address as --address",
    );
  }
}

/** Names each reference that does not pass, and why. */
function listFailures(rows: readonly BenchmarkRow[]): void {
  for (const { benchmark, item, correct, samples, causes, details } of rows) {
    if (correct === samples) continue;
    console.log(`${benchmark} ${item}: ${causes[0]}: ${details[0]}`);
  }
}

interface Opened {
  answerer: Answerer;
  dialect: Dialect;
  close(): unknown;
}

async function open({ engine: config, settings }: Asked): Promise<Opened> {
  const named = dialectNamed(
    settings.dialect === "code" ? "code" : "chat",
  );
  if (config === null) {
    return { answerer: goldAnswerer, dialect: named, close: () => {} };
  }
  const opened = await openModel(config, settings.seed);
  const { engine, tokenizer } = opened;
  const dialect = settings.dialect === "template"
    ? extraOf("template").dialect((question) => tokenizer.asChat(question))
    : named;
  const close = () => engine.dispose();
  return { answerer: modelAnswerer(opened), dialect, close };
}

/** Adds a line to `calls.jsonl`: what is not reproducible of a call. */
function writeCall(
  folder: string,
  command: string,
  call: Record<string, number>,
): void {
  const line = JSON.stringify({
    command,
    ...call,
    ...machineNow(),
    deno: Deno.version.deno,
  });
  Deno.writeTextFileSync(join(folder, "calls.jsonl"), `${line}\n`, {
    append: true,
  });
}

/** `12 of 500 items, 3,400 tokens, 20 s, about 800 s left`. */
function progress(
  done: number,
  total: number,
  tokens: number,
  seconds: number,
): string {
  const left = seconds / done * (total - done);
  return `${done} of ${total} items, ${tokens.toLocaleString("en")} tokens, ` +
    `${seconds.toFixed(0)} s, about ${left.toFixed(0)} s left`;
}

if (import.meta.main) await runTask(USAGE, main);
