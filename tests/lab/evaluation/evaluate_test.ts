/** Evaluation of an engine that says what it is told to say. */

import "../../../lib/extras/mod.ts";
import assert from "node:assert/strict";
import type { Engine, Sample } from "../../../lib/method/engine.ts";
import {
  evaluate,
  type EvaluationOptions,
  questionOf,
} from "../../../lib/lab/evaluation/evaluate.ts";
import { summarise } from "../../../lib/lab/evaluation/summary.ts";
import { chatDialect } from "../../../lib/method/modes/chat.ts";
import { compactDialect } from "../../../lib/method/modes/compact.ts";
import { questionPrompt } from "../../../lib/method/grade.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";
import { Tokenizer } from "../../../lib/model/mod.ts";
import {
  buildSplits,
  type EvaluationItem,
  type Split,
} from "../../../lib/lab/world/splits.ts";
import { splitNamed } from "../world/split_named.ts";
import {
  worldTokenizerConfig,
  worldTokenizerJson,
} from "../../../lib/lab/world/vocabulary.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../../method/scripted_engine.ts";
import { TEST_WORLD } from "../world/world_config.ts";

const SPLITS = buildSplits(TEST_WORLD);
const TOKENIZER = Tokenizer.fromJson(
  worldTokenizerJson(TEST_WORLD),
  worldTokenizerConfig(),
);
const GREEDY: EvaluationOptions = {
  temperature: 0,
  samples: 1,
  seed: 1,
  maxNewTokens: 99,
};

/** The right answer to an item. */
function gold(item: EvaluationItem): string {
  if (item.kind === "maths") return item.answer;
  const { program, examples } = item.task;
  if (item.kind === "induction") return program.source;
  const [{ argument, output }] = examples;
  return item.kind === "deduction" ? output : argument;
}

/** Answers each prompt with the texts that `reply` gives for its item. */
function scripted(
  split: Split,
  reply: (item: EvaluationItem, sample: number) => string,
): Pick<Engine, "sample"> {
  const byPrompt = new Map(
    split.items.map((
      item,
    ) => [questionPrompt(compactDialect, questionOf(item)), item]),
  );
  return {
    sample: (requests) =>
      Promise.resolve(requests.map(({ promptTokens, count }) => {
        const text = TOKENIZER.decode(promptTokens);
        const item = byPrompt.get(text.replace(/<t>$/, ""));
        assert.ok(item, text);
        return Array.from({ length: count }, (_, sample): Sample => {
          const tokens = TOKENIZER.encode(reply(item, sample));
          return { tokens, logProbs: tokens.map(() => 0), finish: "stop" };
        });
      })),
  };
}

async function evaluated(
  split: Split,
  reply: (item: EvaluationItem, sample: number) => string,
  options: Partial<EvaluationOptions> = {},
) {
  await using executor = await startExecutor({ languages: ["javascript"] });
  const engine = scripted(split, reply) as Engine;
  return await evaluate(
    { engine, tokenizer: TOKENIZER, executor, dialect: compactDialect },
    split,
    { ...GREEDY, ...options },
  );
}

const KINDS = [
  ["familiar", "deduction"],
  ["large", "abduction"],
  ["deep", "induction"],
  ["words", "maths"],
] as const;

for (const [name, kind] of KINDS) {
  const split = splitNamed(SPLITS, name, kind);

  Deno.test(`${name}/${kind}: right answers are right, wrong ones wrong`, async () => {
    const right = await evaluated(split, (item) => `<a>${gold(item)}<eos>`);
    assert.ok(right.every((row) => row.correct === 1 && row.thought === 0));
    const wrong = await evaluated(split, () => "<a>x=>[]<eos>");
    assert.ok(wrong.every((row) => row.correct === 0 && row.malformed === 0));
  });
}

Deno.test("a vote takes the commonest answer, right or wrong, and pays for all of them", async () => {
  const split = splitNamed(SPLITS, "familiar", "deduction");
  const vote = (answers: (item: EvaluationItem) => string[]) =>
    evaluated(split, (item, i) => answers(item)[i], { votes: 5 });
  const say = (answer: string) => `<a>${answer}<eos>`;
  const right = await vote((item) => [
    ...[say('"no"'), say(gold(item)), "nonsense<eos>"],
    ...[say(gold(item)), say('"yes"')],
  ]);
  const lengths = (text: string) => TOKENIZER.encode(text).length;
  for (const row of right) {
    assert.deepEqual([row.correct, row.samples, row.temperature], [1, 1, 0]);
  }
  const wrong = await vote((item) => [
    ...[say(gold(item)), say('"no"'), say('"no"')],
    ...["<eos>", "<eos>"],
  ]);
  assert.ok(wrong.every(({ correct }) => correct === 0));
  const none = await vote(() => Array(5).fill("<eos>"));
  assert.ok(
    none.every(({ malformed, tokens }) =>
      malformed === 1 && tokens === 5 * lengths("<eos>")
    ),
  );
});

Deno.test("samples, thoughts, malformed answers and lengths are counted", async () => {
  const split = splitNamed(SPLITS, "familiar", "deduction");
  const rows = await evaluated(split, (item, sample) =>
    [
      `<a>${gold(item)}<eos>`,
      `<t>+2=4<a>${gold(item)}<eos>`,
      "<t>+2=4<a>",
      `${gold(item)}<eos>`,
    ][sample], { temperature: 1, samples: 4 });
  for (const row of rows) {
    assert.deepEqual(
      [row.samples, row.correct, row.thought, row.malformed],
      [4, 2, 2, 2],
    );
  }
  const [summary] = summarise(rows);
  assert.equal(summary.accuracy.mean, .5);
  assert.equal(summary.thinkingRate, .5);
  assert.equal(summary.items, split.items.length);
});

Deno.test("forced thinking opens the answer and counts its token", async () => {
  const split = splitNamed(SPLITS, "familiar", "deduction");
  const [row] = await evaluated(split, () => "+2=4<a>4<eos>", {
    thinking: "forced",
    limit: 1,
  });
  assert.equal(row.thinking, "forced");
  assert.equal(row.thought, 1);
  assert.equal(row.tokens, 7);
  assert.equal(row.response, "<t>+2=4<a>4<eos>");
});

Deno.test("a language model is evaluated in its own dialect", async () => {
  await using executor = await startExecutor({ languages: ["javascript"] });
  const tokenizer = characterTokenizer();
  const split = splitNamed(SPLITS, "familiar", "deduction");
  const engine = new ScriptedEngine(tokenizer);
  const prompts: string[] = [];
  engine.sample = (requests) =>
    Promise.resolve(requests.map(({ promptTokens, count }, i) => {
      prompts.push(tokenizer.decode(promptTokens));
      const right = `</think><answer>\n${gold(split.items[i])}\n</answer>`;
      return Array.from({ length: count }, (_, sample): Sample => {
        const tokens = tokenizer.encode(["so " + right, "so"][sample]);
        return { tokens, logProbs: tokens.map(() => 0), finish: "stop" };
      });
    }));
  const rows = await evaluate(
    { engine, tokenizer, executor, dialect: chatDialect },
    split,
    { ...GREEDY, temperature: 1, samples: 2, limit: 5 },
  );
  assert.equal(rows.length, 5);
  assert.ok(prompts.every((prompt) => prompt.includes("find the output")));
  for (const { correct, malformed, thought } of rows) {
    assert.deepEqual([correct, malformed, thought], [1, 1, 2]);
  }
});
