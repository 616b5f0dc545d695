/** Solving and grading: the same questions in all dialects. */

import assert from "node:assert/strict";
import {
  type Question,
  solveAndGrade,
  type SolveOptions,
} from "../../lib/method/grade.ts";
import type { DialectName } from "../../lib/method/modes/dialect.ts";
import { dialectNamed } from "../../lib/method/modes/mod.ts";
import type { ModeName, Task } from "../../lib/method/modes/task.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";
import "../../lib/extras/mod.ts";

const tokenizer = characterTokenizer();

/** `x => x + 1`, as a task of a mode with one shown and three hidden examples. */
function task(mode: ModeName): Task {
  return {
    id: mode,
    mode,
    program: { language: "javascript", source: "x=>x+1" },
    examples: [1, 5, 3, 4].map((i) => ({
      argument: `${i}`,
      output: `${i + 1}`,
    })),
    shownCount: 1,
    message: "",
    provenance: {
      source: "proposed",
      parents: [],
      step: 1,
      seed: 1,
      verdict: "valid",
      solveRate: null,
    },
  };
}

const QUESTIONS: Question[] = [
  { task: task("deduction") },
  { task: task("abduction") },
  { task: task("induction") },
  { question: "one more than one", answer: "2" },
];

/** A right answer to each question, as the dialect has it written. */
const ANSWERS: Record<DialectName, string[]> = {
  compact: ["2", "1", "x=>1+x", "2"].map((answer) => `<a>${answer}<eos>`),
  chat: [
    "```output\n2\n```",
    "```input\n1\n```",
    "```js\nx=>1+x\n```",
    "2",
  ].map((answer) => ` so </think>\n<answer>${answer}</answer>`),
  // A question in words names no language and is asked in Python's form.
  code: [" 2);\n", "1), 2);\n", "x) {\n  return 1+x;\n}\n", " 2\n"],
};

/** Has each question answered with all of `texts`, one response each. */
async function graded(
  dialect: DialectName,
  texts: readonly string[],
  options: Partial<SolveOptions & { anyForm: boolean }> = {},
) {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const engine = new ScriptedEngine(tokenizer);
  engine.sample = (requests, { bannedTokens = [] }) =>
    Promise.resolve(requests.map(() =>
      texts.map((text) => {
        const tokens = tokenizer.encode(text);
        assert.ok(tokens.every((token) => !bannedTokens.includes(token)));
        return { tokens, logProbs: tokens.map(() => -1), finish: "stop" };
      })
    ));
  return await solveAndGrade(
    { engine, tokenizer, executor, dialect: dialectNamed(dialect) },
    QUESTIONS.map((question, seed) => ({
      question,
      count: texts.length,
      seed,
      anyForm: options.anyForm,
    })),
    { temperature: 1, maxNewTokens: 99, ...options },
  );
}

for (const dialect of ["compact", "chat", "code"] as const) {
  Deno.test(`${dialect}: the right answer of each question is right, others are not`, async () => {
    const grades = await graded(dialect, ANSWERS[dialect]);
    const right = (question: number) =>
      grades[question].map(({ grade }) => grade === "right");
    assert.equal(right(0)[0], true);
    assert.equal(right(0)[1], false);
    assert.equal(right(1)[1], true);
    assert.equal(right(1)[0], false);
    assert.deepEqual(right(2), [false, false, true, false]);
    assert.equal(right(3)[3], true);
    for (const rollouts of grades) {
      for (const { grade, solves, answer } of rollouts) {
        assert.equal(solves, grade === "right");
        if (grade !== "malformed") assert.ok(answer);
      }
    }
  });
}

Deno.test("a malformed right answer solves only where any form will do", async () => {
  const texts = ["<t>so<a>2"];
  const [[strict]] = await graded("compact", texts);
  assert.deepEqual(
    [strict.grade, strict.cause, strict.solves, strict.thought],
    ["malformed", "unfinished", false, true],
  );
  const [[lenient]] = await graded("compact", texts, { anyForm: true });
  assert.deepEqual(
    [lenient.grade, lenient.cause, lenient.solves, lenient.answer],
    ["malformed", "unfinished", true, null],
  );
});

Deno.test("an induction says which share of its hidden examples is right", async () => {
  const programs = ["x=>x+1", "x=>x%5+1", "x=>[x]"];
  const [deduction, , induction] = await graded(
    "compact",
    programs.map((program) => `<a>${program}<eos>`),
  );
  assert.deepEqual(induction.map(({ share }) => share), [1, 2 / 3, 0]);
  assert.deepEqual(
    induction.map(({ grade }) => grade),
    ["right", "wrong", "wrong"],
  );
  assert.ok(deduction.every(({ share }) => share === undefined));
});

Deno.test("a forced opening is part of what is read, and of the prompt", async () => {
  const [[rollout]] = await graded("compact", ["so<a>2<eos>"], {
    thinking: "forced",
  });
  assert.equal(rollout.grade, "right");
  assert.equal(rollout.thought, true);
  assert.equal(rollout.response.text, "<t>so<a>2<eos>");
  assert.equal(
    rollout.response.promptTokens.at(-1),
    tokenizer.id("<t>"),
  );
});

Deno.test("a dialect without a token for traces cannot force or ban them", async () => {
  for (const thinking of ["forced", "banned"] as const) {
    await assert.rejects(
      graded("chat", [""], { thinking }),
      /the dialect "chat" has no token that opens a trace/,
    );
  }
  const [[rollout]] = await graded("compact", ["<a>2<eos>"], {
    thinking: "banned",
  });
  assert.deepEqual(rollout.response.bannedTokens, [tokenizer.id("<t>")]);
});
