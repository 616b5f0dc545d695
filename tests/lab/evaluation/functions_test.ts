/** The functions on which language models are evaluated. */

import assert from "node:assert/strict";
import {
  functionEvaluation,
  functionsHeldOut,
  functionSplits,
  readFunctions,
} from "../../../tasks/language/functions.ts";
import { PAPER_CONFIG } from "../../../lib/method/config.ts";
import { dialectNamed } from "../../../lib/method/modes/mod.ts";
import { MODES } from "../../../lib/method/modes/registry.ts";
import type { ModeName } from "../../../lib/method/modes/task.ts";
import type { Setting } from "../../../lib/method/setting.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";
import { makeFunctions } from "../../../tasks/make_functions.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../../method/scripted_engine.ts";
import "../../../lib/extras/mod.ts";

const rows = readFunctions();

Deno.test("the committed functions are those that the script draws", async () => {
  assert.deepEqual(await makeFunctions(20), rows.slice(0, 20));
});

Deno.test("levels take turns, and no function comes twice", () => {
  assert.equal(rows.length, 300);
  rows.forEach(({ level }, i) => assert.equal(level, 1 + i % 5));
  assert.equal(new Set(rows.map(({ source }) => source)).size, 300);
});

Deno.test("every gold answer is right, in every mode", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  for (const { kind, items } of functionSplits(rows.slice(0, 40))) {
    const tasks = items.flatMap((item) =>
      item.kind === "maths" ? [] : [item.task]
    );
    const gold = {
      deduction: (task: typeof tasks[0]) => task.examples[0].output,
      abduction: (task: typeof tasks[0]) => task.examples[0].argument,
      induction: (task: typeof tasks[0]) => task.program.source,
    }[kind as "deduction" | "abduction" | "induction"];
    const verdicts = await MODES[kind as keyof typeof MODES].verify(
      executor,
      tasks.map((task) => ({ task, answer: gold(task) })),
    );
    assert.ok(verdicts.every(({ correct }) => correct), kind);
  }
});

Deno.test("a function may not be trained on, however it is spaced", () => {
  const bars = functionsHeldOut(rows);
  const of = (source: string) => bars({ language: "python", source });
  assert.ok(of(rows[0].source));
  assert.ok(of(rows[0].source.replace(":\n    ", ": ")));
  assert.ok(!of("def f(a):\n    return a"));
});

Deno.test("before and after are sampled too, and during is greedy", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const tokenizer = characterTokenizer();
  const setting: Setting = {
    config: {
      ...PAPER_CONFIG,
      dialect: "code",
      steps: 4,
      maxSolutionTokens: 9,
    },
    engine: new ScriptedEngine(tokenizer, () => [" 7\n"]),
    dialect: dialectNamed("code"),
    ...{ tokenizer, executor },
  };
  const evaluate = functionEvaluation(rows, {
    ...{ functions: 10, during: 5, samples: 2, passFunctions: 5 },
  });
  const counts = async (step: number) =>
    Object.fromEntries(
      [...Map.groupBy(
        await evaluate(step, setting),
        ({ temperature, samples }) => `${temperature}/${samples}`,
      )].map(([key, group]) => [key, group.length]),
    );
  const ends = { "0/1": 30, "1/2": 30, "1/64": 15 };
  assert.deepEqual(await counts(0), ends);
  assert.deepEqual(await counts(2), { "0/1": 15 });
  assert.deepEqual(await counts(4), ends);
  const [row] = await evaluate(2, setting);
  assert.deepEqual(row.depth, 1);
  assert.deepEqual(row.mode, "deduction" as ModeName);
});
