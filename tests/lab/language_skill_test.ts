/** The comparison of skill: its items, its shares and its bounds. */

import assert from "node:assert/strict";
import { arithmeticRows } from "../../tasks/language/arithmetic.ts";
import type { EvaluationResult } from "../../lib/lab/evaluation/evaluate.ts";
import {
  isRightValue,
  readSkill,
  SKILL_PLANS,
  skillChange,
} from "../../lib/lab/language_skill.ts";
import { readSkillPlan, skillHolds } from "../../tasks/language/skill_plan.ts";
import { functionSplits } from "../../tasks/language/functions.ts";
import { MODES } from "../../lib/method/modes/registry.ts";
import { codeTask } from "../../lib/lab/benchmarks/cruxeval.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { oneOf, shorterHalf } from "../../tasks/language_skill.ts";

const FOLDER = "data/language_model";

Deno.test("the sums are right in Python, by levels, and none comes twice", async () => {
  const { arithmetic: { items, seed } } = readSkillPlan(FOLDER, "skill");
  const rows = arithmeticRows(items, seed);
  rows.forEach(({ level }, i) => assert.equal(level, 1 + i % 5));
  const keys = rows.map(({ source, inputs }) => `${source} ${inputs}`);
  assert.equal(new Set(keys).size, items);
  assert.deepEqual(arithmeticRows(items, seed), rows);
  assert.notDeepEqual(arithmeticRows(items, seed + 1), rows);
  await using executor = await startExecutor({ languages: ["python"] });
  const [{ items: asked }] = functionSplits(rows);
  const tasks = asked.flatMap((item) =>
    item.kind === "maths" ? [] : [item.task]
  );
  const verdicts = await MODES.deduction.verify(
    executor,
    tasks.map((task) => ({ task, answer: task.examples[0].output })),
  );
  assert.equal(verdicts.length, items);
  assert.ok(verdicts.every(({ correct }) => correct));
});

Deno.test("the shorter half keeps the order, and the first of equal lengths", () => {
  const tasks = ["aaaa", "b", "cc", "dd", "e"].map((source) =>
    codeTask(source, "deduction", { language: "python", source }, [])
  );
  assert.deepEqual(shorterHalf(tasks).map(({ id }) => id), ["b", "e"]);
  const four = shorterHalf(tasks.slice(0, 4));
  assert.deepEqual(four.map(({ id }) => id), ["b", "cc"]);
});

/** Rows of two items with so many right of four samples. */
function side(...correct: number[]): EvaluationResult[] {
  return correct.map((right, i) => ({
    ...{ split: "functions", mode: "deduction", item: `f${i}`, depth: 1 },
    ...{ temperature: 1, thinking: "free", samples: 4, correct: right },
    ...{ thought: 0, malformed: 0, tokens: 5, response: "" },
  }));
}

Deno.test("a change is of pass@k, item by item, and a bound includes its ends", () => {
  const sides = { base: side(0, 4), after: side(1, 4) };
  const at = (k: number) =>
    skillChange(sides, { split: "functions", mode: "deduction", k });
  assert.deepEqual([at(1).base, at(1).after, at(1).items], [0.5, 0.625, 2]);
  // One right of four is among every four, and among half of the pairs.
  assert.deepEqual([at(2).after, at(4).after], [0.75, 1]);
  const bound = {
    ...{ split: "functions", mode: "deduction" as const, k: 1, says: "" },
    model: "self-play",
  };
  assert.ok(skillHolds({ ...bound, most: 0.125 }, at(1)));
  assert.ok(!skillHolds({ ...bound, most: 0.12 }, at(1)));
  assert.ok(!skillHolds({ ...bound, least: 0.13 }, at(1)));
  const other = side(0, 4).map((row) => ({ ...row, item: `${row.item}x` }));
  assert.throws(
    () => skillChange({ ...sides, after: other }, bound),
    /record both again/,
  );
});

Deno.test("an expression that has the value is right, but is no value", () => {
  const [row] = side(1);
  const of = (response: string, correct = 1) =>
    isRightValue({ ...row, correct, response });
  assert.ok(of(" 8\nassert") && of(" [1, 'a']\n```"));
  assert.ok(!of(" 1 + 7\nassert") && !of(" 8\nassert", 0));
});

Deno.test("a change of values leaves out expressions that have the value", () => {
  const answers = (...responses: string[]) =>
    side(...responses.map(() => 1)).map((row, i) => ({
      ...row,
      ...{ samples: 1, response: responses[i] },
    }));
  const sides = {
    base: answers(" 8\n", " 2 + 1\n", " 4\n", " 5\n"),
    after: answers(" 1 + 7\n", " 2 + 1\n", " 4\n", " 2 + 3\n"),
  };
  const asked = { split: "functions", mode: "deduction" as const, k: 1 };
  assert.equal(skillChange(sides, asked).change.mean, 0);
  const { base, after } = skillChange(sides, { ...asked, values: true });
  assert.deepEqual([base, after], [0.75, 0.25]);
});

Deno.test("every bound judges a model of its plan, and every model is judged", () => {
  for (const name of SKILL_PLANS) {
    const { models, bounds } = readSkillPlan(FOLDER, name);
    const judged = new Set(bounds.map(({ model }) => model));
    assert.deepEqual([...judged].sort(), [...models].sort());
  }
});

Deno.test("the recorded rows are of the plan's items, and say what was asked", () => {
  for (const name of SKILL_PLANS) {
    const plan = readSkillPlan(FOLDER, name);
    const { functions, cruxeval, arithmetic } = plan;
    for (const model of ["base", ...plan.models]) {
      const rows = readSkill(FOLDER, name, model);
      assert.ok(rows !== null || name !== "skill" || model.endsWith("-4"));
      if (rows === null) continue;
      const count = (split: string) =>
        rows.filter((row) => row.split === split).length;
      assert.equal(count("functions"), 2 * functions.items);
      assert.equal(count("cruxeval"), 2 * cruxeval.items);
      assert.equal(count("arithmetic"), arithmetic.items);
      for (const { split, samples } of rows) {
        assert.equal(samples, split === "functions" ? functions.samples : 1);
      }
    }
  }
});

Deno.test("a model that is not compared is refused by name", () => {
  const { models } = readSkillPlan(FOLDER, "skill");
  for (const name of models) {
    assert.equal(oneOf("--evaluate", name, models), name);
  }
  assert.throws(
    () => oneOf("--evaluate", "rejection", models),
    /--evaluate rejection: there is/,
  );
});
