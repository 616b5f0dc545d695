/**
 * Evaluation: one row per item, so that anyone can recompute every figure.
 *
 * Items are sampled through the engine and judged as in self-play: by the
 * executor, or as data for deduction; a maths answer must equal the right one as
 * text. Left out: averaging (statistics.ts).
 */

import type { Engine, Sample } from "../../engines/mod.ts";
import type { Executor, Judging } from "../../sandbox/mod.ts";
import {
  compactDialect,
  mathsPrompt,
  type ModeName,
  MODES,
  parseAnswer,
  type Task,
  THINK_TOKEN,
} from "../../method/modes/mod.ts";
import { derivedSeed } from "../../random.ts";
import type { TextCodec } from "../../method/mod.ts";
import type { EvaluationItem, Split } from "../world/mod.ts";

/** As in the training of the tiny models that are evaluated here: literals, whose types count. */
const JUDGING: Judging = {
  equality: "typed",
  floatTolerance: 0,
  reading: "strict",
};

/** How an evaluation samples. */
export interface EvaluationOptions {
  /** 0 is greedy. */
  temperature: number;
  /** Samples per item; 1 is enough when greedy. */
  samples: number;
  seed: number;
  maxNewTokens: number;
  /** Whether the model is made to think, by opening its answer with `<t>`. */
  forceThinking?: boolean;
  /** Whether it is kept from thinking: `<t>` cannot be sampled. */
  banThinking?: boolean;
  /** Only the first so many items of the split. */
  limit?: number;
}

/** One item's result. */
export interface EvaluationResult {
  split: string;
  mode: ModeName | "maths";
  item: string;
  depth: number;
  temperature: number;
  thinking: "free" | "forced" | "banned";
  samples: number;
  /** Samples that were right, opened with a trace, and were not well formed. */
  correct: number;
  thought: number;
  malformed: number;
  /** Mean response tokens, a forced `<t>` included. */
  tokens: number;
  /** The first sample. */
  response: string;
}

/** The parts that evaluation works with. */
export interface Evaluator {
  engine: Engine;
  tokenizer: TextCodec;
  executor: Executor;
}

/** Evaluates the items of a split. */
export function evaluate(
  evaluator: Evaluator,
  split: Split,
  options: EvaluationOptions,
): Promise<EvaluationResult[]> {
  return evaluateSplits(evaluator, [split], options);
}

/** Evaluates several splits together, which samples in larger batches. */
export async function evaluateSplits(
  evaluator: Evaluator,
  splits: readonly Split[],
  options: EvaluationOptions,
): Promise<EvaluationResult[]> {
  const chosen = splits.flatMap((split) =>
    split.items.slice(0, options.limit).map((item) => ({
      split: split.name,
      item,
    }))
  );
  const items = chosen.map(({ item }) => item);
  const groups = await sampleItems(evaluator, items, options);
  const prefix = options.forceThinking ? THINK_TOKEN : "";
  const texts = groups.map((group) =>
    group.map(({ tokens }) => prefix + evaluator.tokenizer.decode(tokens))
  );
  const correct = await judge(evaluator.executor, items, texts);
  return items.map((item, i) => {
    const parsed = texts[i].map(parseAnswer);
    const tokens = groups[i].reduce((sum, s) => sum + s.tokens.length, 0);
    return {
      split: chosen[i].split,
      mode: item.kind,
      item: item.id,
      depth: item.depth,
      temperature: options.temperature,
      thinking: thinkingName(options),
      samples: options.samples,
      correct: correct[i].filter(Boolean).length,
      thought: texts[i].filter((text) => text.startsWith(THINK_TOKEN)).length,
      malformed: parsed.filter((answer) => !answer.ok).length,
      tokens: tokens / options.samples + (options.forceThinking ? 1 : 0),
      response: texts[i][0],
    };
  });
}

/** The solver's prompt for an item. */
export function itemPrompt(item: EvaluationItem): string {
  return item.kind === "maths"
    ? mathsPrompt(item.question)
    : compactDialect.solverPrompt(item.task);
}

function thinkingName(
  options: EvaluationOptions,
): EvaluationResult["thinking"] {
  if (options.forceThinking) return "forced";
  return options.banThinking ? "banned" : "free";
}

function sampleItems(
  { engine, tokenizer }: Evaluator,
  items: readonly EvaluationItem[],
  options: EvaluationOptions,
): Promise<Sample[][]> {
  const { samples, seed, maxNewTokens, forceThinking, banThinking } = options;
  const thinkId = tokenizer.id(THINK_TOKEN);
  return engine.sample(
    items.map((item) => ({
      promptTokens: [
        ...tokenizer.encode(itemPrompt(item)),
        ...(forceThinking ? [thinkId] : []),
      ],
      count: samples,
      maxNewTokens,
      seed: derivedSeed(seed, "evaluation", item.id),
    })),
    {
      temperature: options.temperature,
      stopTokens: [tokenizer.eosId],
      bannedTokens: banThinking ? [thinkId] : [],
    },
  );
}

/** Which of the texts of each item are right. */
async function judge(
  executor: Executor,
  items: readonly EvaluationItem[],
  texts: readonly string[][],
): Promise<boolean[][]> {
  const correct = texts.map((group) => group.map(() => false));
  const attempts = new Map<
    ModeName,
    { task: Task; answer: string; item: number; sample: number }[]
  >();
  items.forEach((item, i) =>
    texts[i].forEach((text, sample) => {
      const parsed = parseAnswer(text);
      if (!parsed.ok) return;
      if (item.kind === "maths") {
        correct[i][sample] = parsed.answer === item.answer;
        return;
      }
      const list = attempts.get(item.kind) ?? [];
      list.push({ task: item.task, answer: parsed.answer, item: i, sample });
      attempts.set(item.kind, list);
    })
  );
  for (const [mode, list] of attempts) {
    const verdicts = await MODES[mode].verify(executor, list, JUDGING);
    list.forEach(({ item, sample }, k) =>
      correct[item][sample] = verdicts[k].correct
    );
  }
  return correct;
}
