import assert from "node:assert/strict";
import { PAPER_JUDGING } from "../../../lib/sandbox/judging.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";
import type { Candidate } from "../../../lib/method/modes/mode.ts";
import { chatDialect } from "../../../lib/method/modes/chat.ts";
import { compactDialect } from "../../../lib/method/modes/compact.ts";
import { modeOf, MODES } from "../../../lib/method/modes/registry.ts";
import type { Task } from "../../../lib/method/modes/task.ts";
import "../../../lib/extras/mod.ts";

function candidate(source: string, ...inputs: string[]): Candidate {
  return {
    program: { language: "javascript", source },
    arguments: inputs,
    message: "",
  };
}

function task(mode: Task["mode"], source: string, ...calls: string[]): Task {
  return {
    id: `${mode}/${source}`,
    mode,
    program: { language: "javascript", source },
    examples: calls.map((call) => {
      const [argument, output] = call.split("→");
      return { argument, output };
    }),
    shownCount: mode === "induction" ? 3 : 1,
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

Deno.test("Python tasks in the chat dialect", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const python = (source: string, argument: string): Candidate => ({
    program: { language: "python", source },
    arguments: [argument],
    message: "",
  });
  const verdicts = await MODES.deduction.validate(executor, [
    python("def f(a, b):\n    return {b: a}", "[1, (2,)], 'x'"),
    python("import random\ndef f(a):\n    return a", "1"),
  ], chatDialect);
  assert.deepEqual(verdicts[0], {
    valid: true,
    examples: [{ argument: "[1,(2,)],'x'", output: "{'x':[1,(2,)]}" }],
  });
  assert.equal(verdicts[1].valid ? "valid" : verdicts[1].cause, "policy");
  const endings = await modeOf("error").validate(executor, [
    python("def f(a):\n    return 1 // a", "0"),
    python("def f(a):\n    return 1 // a", "1"),
    python("def g(a):\n    return a", "1"),
  ], chatDialect);
  assert.deepEqual(
    endings.map((v) => v.valid ? v.examples[0].output : v.cause),
    ["ZeroDivisionError", "NoError", "thrown"],
  );
});

Deno.test("modes on the real sandbox", async (t) => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });

  await t.step(
    "triplets: gold output, normal form of inputs, causes",
    async () => {
      const verdicts = await MODES.deduction.validate(executor, [
        candidate("x=>x.map(v=>v+1)", "[1, 2]"),
        candidate("x=>x.nothing()", "1"),
        candidate("x=>Math.random()", "1"),
        candidate("x=>{for(;;);}", "1"),
        candidate("x=>x+", "1"),
        candidate("x=>x", "y"),
        candidate('x=>"<"+x', '"o>"'),
        candidate("x=>()=>x", "1"),
      ], compactDialect);
      assert.deepEqual(verdicts[0], {
        valid: true,
        examples: [{ argument: "[1,2]", output: "[2,3]" }],
      });
      const causes = verdicts.slice(1).map((v) => v.valid ? "valid" : v.cause);
      assert.deepEqual(causes.slice(0, 1), ["thrown"]);
      assert.equal(new Set(causes).has("valid"), false);
      assert.equal(causes[5], "markerInTask");
      assert.ok(
        causes.every((cause) => /^[a-zA-Z]+$/.test(cause)),
        `${causes}`,
      );
    },
  );

  await t.step(
    "induction: bad and repeated inputs are dropped, five must be left",
    async () => {
      const verdicts = await MODES.induction.validate(
        executor,
        [
          candidate("x=>x+1", "1", "2", "3", "4", "5", "6"),
          candidate("x=>x.length", '"a"', '"b"', '"c"', "null", '"d"', '"e"'),
          candidate("x=>x+1", "1", " 1", "2", "3", "4", "4"),
        ],
        compactDialect,
        { reading: "strict", repeatedInputs: "drop" },
      );
      assert.equal(verdicts[0].valid && verdicts[0].examples.length, 6);
      assert.equal(verdicts[1].valid && verdicts[1].examples.length, 5);
      assert.equal(verdicts[2].valid ? "" : verdicts[2].cause, "tooFewInputs");
    },
  );

  await t.step(
    "answers: equal ones are judged alike, gold is never run",
    async () => {
      const deduction = task("deduction", "x=>x+1", "1→2");
      const deduced = await MODES.deduction.verify(
        executor,
        ["2", " 2 ", "3", "1+1", "gold"].map((answer) => ({
          task: deduction,
          answer,
        })),
      );
      assert.deepEqual(deduced.map(({ cause }) => cause), [
        "match",
        "match",
        "different",
        "match",
        "unparsable",
      ]);
      const strict = { ...PAPER_JUDGING, reading: "strict" } as const;
      const [sum] = await MODES.deduction.verify(
        executor,
        [{ task: deduction, answer: "1+1" }],
        strict,
      );
      assert.equal(sum.cause, "unparsable");
      const abduction = task("abduction", "x=>x*x", "2→4");
      const abduced = await MODES.abduction.verify(
        executor,
        ["2", "-2", "3", "2", "1)||(4"].map((answer) => ({
          task: abduction,
          answer,
        })),
      );
      assert.deepEqual(abduced.map(({ cause }) => cause), [
        "match",
        "match",
        "different",
        "match",
        "unparsable",
      ]);
      const induction = task(
        "induction",
        "x=>x+2",
        "1→3",
        "2→4",
        "3→5",
        "4→6",
        "9→11",
      );
      const induced = await MODES.induction.verify(
        executor,
        [
          "x=>x+2",
          "x=>x+1+1",
          "x=>[0,3,4,5][x]",
          "x=>x<9?x+2:0",
          "x=>x+2",
          "x=>(",
        ].map((answer) => ({ task: induction, answer })),
      );
      assert.deepEqual(induced.map(({ correct }) => correct), [
        true,
        true,
        false,
        false,
        true,
        false,
      ]);
    },
  );
});
