import assert from "node:assert/strict";
import { dialectNamed } from "../../../lib/method/modes/mod.ts";
import { fencedBlocks } from "../../../lib/method/modes/fences.ts";
import { parseChatResponse } from "../../../lib/method/modes/chat_reading.ts";
import type { ReadingRules } from "../../../lib/method/modes/dialect.ts";
import type { Task } from "../../../lib/method/modes/task.ts";
import { defaultPolicy, policySentences } from "../../../lib/sandbox/mod.ts";
import { randomStream } from "../../../lib/random.ts";
import "../../../lib/extras/mod.ts";

const chat = dialectNamed("chat");

const task: Task = {
  id: "t",
  mode: "deduction",
  program: { language: "python", source: "def f(a):\n    return a + 1" },
  examples: [{ argument: "41", output: "42" }],
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

const answered = (answer: string) =>
  ` first this, then that </think>\n<answer>${answer}</answer>`;

Deno.test("each proposer asks for difficulty in what its own solver has to find", () => {
  const deduction = chat.proposerPrompt("deduction", [task], "python");
  const abduction = chat.proposerPrompt("abduction", [task], "python");
  assert.match(deduction, /Predicting the OUTPUT/);
  assert.doesNotMatch(deduction, /Finding an INPUT/);
  assert.match(abduction, /Finding an INPUT/);
  assert.doesNotMatch(abduction, /Predicting the OUTPUT/);
  for (const prompt of [deduction, abduction]) {
    assert.ok(prompt.endsWith("Assistant: <think>"));
    assert.match(prompt, /<snippet_0>\n```python\ndef f/);
    for (const sentence of policySentences(defaultPolicy, "python")) {
      assert.ok(prompt.includes(`- ${sentence}\n`), sentence);
    }
  }
  const bare = chat.proposerPrompt("deduction", [], "javascript");
  assert.doesNotMatch(bare, /snippet/);
  assert.match(bare, /```javascript/);
});

Deno.test("a solver is shown what its mode allows, and no more", () => {
  const deduction = chat.solverPrompt(task);
  assert.ok(deduction.includes("41") && !deduction.includes("42"));
  const abduction = chat.solverPrompt({ ...task, mode: "abduction" });
  assert.ok(abduction.includes("42") && !abduction.includes("41"));
  const induction = chat.solverPrompt({
    ...task,
    mode: "induction",
    examples: [["1", "2"], ["3", "4"], ["5", "66"]].map(([a, o]) => ({
      argument: a,
      output: o,
    })),
    shownCount: 2,
    message: "the next one",
  });
  assert.ok(induction.includes("the next one") && !induction.includes("66"));
  assert.ok(!induction.includes("return a + 1"));
});

Deno.test("proposals are read from fences of their own language", () => {
  const good = answered(
    "```input\n1, 'a'\n```\n```python\ndef f(a, b):\n    return b * a\n```",
  );
  assert.deepEqual(chat.readProposal("deduction", good, "python"), {
    ok: true,
    program: "def f(a, b):\n    return b * a",
    arguments: ["1, 'a'"],
    message: "",
  });
  const causes: [string, string][] = [
    ["no end of thought", "unclosedThought"],
    ["thought </think> 42", "noAnswer"],
    ["thought </think><answer>42", "unfinished"],
    ["thought </think><answer> \n </answer>", "emptyAnswer"],
    [answered("```python\ndef f(a): return a\n```"), "noInput"],
    [answered("```input\n1\n```"), "noProgram"],
  ];
  for (const [text, cause] of causes) {
    const reading = chat.readProposal("abduction", text, "python");
    assert.equal(reading.ok ? "ok" : reading.cause, cause, text);
  }
});

const STRICT: ReadingRules = { reading: "strict", repeatedInputs: "drop" };

Deno.test("an induction proposal needs a message; its inputs are made distinct by name", () => {
  const inputs = [1, 2, 2, 3].map((i) => `\`\`\`input\n${i}\n\`\`\``);
  const withMessage = answered(
    `${inputs.join("\n")}\n\`\`\`message\nhm\n\`\`\``,
  );
  assert.deepEqual(chat.readProposal("induction", withMessage, "python"), {
    ok: true,
    program: null,
    arguments: ["1", "2", "2", "3"],
    message: "hm",
  });
  const strict = chat.readProposal("induction", withMessage, "python", STRICT);
  assert.deepEqual(strict.ok && strict.arguments, ["1", "2", "3"]);
  const without = chat.readProposal(
    "induction",
    answered(inputs.join("\n")),
    "python",
  );
  assert.equal(without.ok ? "ok" : without.cause, "noMessage");
});

Deno.test("answers: the last fence, else the text itself, but a program needs its fence", () => {
  const answerOf = (mode: "deduction" | "induction", text: string) => {
    const reading = chat.readAnswer(mode, answered(text), "python");
    return reading.ok ? reading.answer : reading.cause;
  };
  const twice = "```output\n1\n```\nno:\n```output\n2\n```";
  assert.equal(answerOf("deduction", twice), "2");
  assert.equal(answerOf("deduction", "[1, 2]"), "[1, 2]");
  assert.equal(answerOf("induction", "def f(a): return a"), "noProgram");
  const program = "```py\ndef f(a): return a\n```";
  assert.equal(answerOf("induction", program), "def f(a): return a");
});

Deno.test("an answer can be found where the form is wrong", () => {
  const found = (mode: "deduction" | "induction", text: string) =>
    chat.findAnswer(mode, text, "python");
  assert.equal(found("deduction", "no tags at all: 42"), null);
  assert.equal(found("deduction", "<answer>42</answer> and so on"), "42");
  assert.equal(
    found("deduction", "</think> so <answer>41</answer> no, <answer>42"),
    "42",
  );
  assert.equal(found("deduction", "<answer></answer>"), null);
  const fenced = "<answer>so\n```output\n[1]\n```\n</answer>";
  assert.equal(found("deduction", fenced), "[1]");
  assert.equal(found("induction", "<answer>def f(a): return a</answer>"), null);
  const program = "<answer>\n```python\ndef f(a): return a\n```";
  assert.equal(found("induction", program), "def f(a): return a");
});

Deno.test("no text makes the readers throw, and accepted blocks hold no fence", () => {
  const pieces = [
    "```python\n",
    "```input\n",
    "\n```\n",
    "</think>",
    "<answer>",
    "</answer>",
    "1",
    "\n",
    "def f(a): return a",
    "```python\ndef f(a): return a\n```\n",
    "```input\n1\n```\n",
  ];
  let accepted = 0;
  for (let trial = 0; trial < 20000; trial++) {
    const stream = randomStream(2, "chat", trial);
    const body = Array.from(
      { length: stream.integer(0, 7) },
      () => stream.choice(pieces),
    ).join("");
    const text = stream.next() < 0.5 ? answered(body) : body;
    parseChatResponse(text);
    for (const rules of [undefined, STRICT]) {
      const reading = chat.readProposal("deduction", text, "python", rules);
      chat.readAnswer("induction", text, "python", rules);
      if (!reading.ok) continue;
      accepted++;
      const lines = `${reading.program}\n${reading.arguments[0]}`.split("\n");
      assert.ok(lines.every((line) => line.trim() !== "```"), text);
    }
  }
  assert.ok(accepted > 100, `only ${accepted} accepted`);
});

Deno.test("fences are read line by line and an unclosed one gives nothing", () => {
  assert.deepEqual(fencedBlocks("```input\n1\n2\n```", ["input"]), ["1\n2"]);
  assert.deepEqual(fencedBlocks("```input\n1", ["input"]), []);
  assert.deepEqual(fencedBlocks("```\n```input\n1\n```", ["input"]), []);
});
