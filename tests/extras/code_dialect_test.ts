/** The code dialect: its prompts, and how what models go on with is read. */

import assert from "node:assert/strict";
import { dialectNamed } from "../../lib/method/modes/mod.ts";
import type { ReadingRules } from "../../lib/method/modes/dialect.ts";
import { MODES } from "../../lib/method/modes/registry.ts";
import {
  MODE_NAMES,
  type ModeName,
  type Task,
} from "../../lib/method/modes/task.ts";
import { identityTasks } from "../../lib/method/buffer/identity.ts";
import {
  checkConfig,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import type { Engine } from "../../lib/method/engine.ts";
import { selfPlay } from "../../lib/method/loop.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import {
  type Language,
  placedSyntax,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import { randomStream } from "../../lib/random.ts";
import "../../lib/extras/mod.ts";

const code = dialectNamed("code");
const LANGUAGES: Language[] = ["python", "javascript", "typescript"];

const [{ provenance }] = identityTasks("deduction", "python", 1, "code");

function taskOf(
  mode: ModeName,
  language: Language,
  source: string,
  examples: [argument: string, output: string][],
): Task {
  return {
    ...{ id: mode, mode, program: { language, source }, shownCount: 1 },
    examples: examples.map(([argument, output]) => ({ argument, output })),
    ...{ message: "", provenance },
  };
}

/** What a reader makes of a response: a text, or the cause why there is none. */
function answerOf(mode: ModeName, text: string, language: Language = "python") {
  const read = code.readAnswer(mode, text, language);
  return read.ok ? read.answer : `(${read.cause})`;
}

function proposalOf(mode: ModeName, text: string, rules?: ReadingRules) {
  const read = code.readProposal(mode, text, "python", rules);
  return read.ok
    ? [...(read.program === null ? [] : [read.program]), ...read.arguments]
    : read.cause;
}

Deno.test("the prompts end where the model goes on, and show no more than their mode allows", () => {
  const examples: [string, string][] = [["41", "42"], ["5", "6"]];
  for (const language of LANGUAGES) {
    const isPython = language === "python";
    const of = (mode: ModeName) => taskOf(mode, language, "FUNCTION", examples);
    const deduction = code.solverPrompt(of("deduction"));
    assert.ok(deduction.endsWith(isPython ? "f(41) ==" : "deepEqual(f(41),"));
    assert.ok(deduction.includes("FUNCTION") && !deduction.includes("42"));
    const abduction = code.solverPrompt(of("abduction"));
    assert.ok(abduction.endsWith(isPython ? "assert f(" : "deepEqual(f("));
    assert.ok(abduction.includes("42") && !abduction.includes("41"));
    const induction = code.solverPrompt(of("induction"));
    assert.ok(induction.endsWith(isPython ? "\ndef f(" : "\nfunction f("));
    assert.ok(induction.includes("42") && !induction.includes("f(5)"));
    assert.ok(!induction.includes("FUNCTION"));
    for (const mode of MODE_NAMES) {
      const prompt = code.proposerPrompt(mode, [of("deduction")], language);
      assert.ok(prompt.includes("FUNCTION") && prompt.includes("f(41)"));
      assert.ok(prompt.endsWith("f("));
    }
  }
  const bare = code.proposerPrompt("abduction", [], "python");
  assert.match(bare, /^# Short Python[^]*\n\n\ndef f\(s[^]*\n\n\ndef f\($/);
  assert.throws(
    () => code.solverPrompt(taskOf("error", "python", "", examples)),
    /use the chat/,
  );
});

Deno.test("answers: a value that ends its line, with thought in comments", () => {
  const table: [mode: ModeName, text: string, answer: string][] = [
    ["deduction", " 30\n\nassert", "30"],
    ["deduction", " 30<|im_end|>", "30"],
    ["deduction", " 30</s>", "30"],
    ["deduction", " [1,\n  2]\n", "[1,\n  2]"],
    ["deduction", " '# no comment'  # so\n", "'# no comment'"],
    ["deduction", " (  # 2 * 3\n  # 6\n  7\n)\n", "7"],
    ["deduction", " (1, 2)\n", "(1, 2)"],
    ["deduction", " 7, 'a message'\n", "7"],
    ["deduction", " 1 + 2\n", "1 + 2"],
    ["deduction", " 30", "(unfinished)"],
    ["deduction", " [1, 2", "(unfinished)"],
    ["deduction", "", "(unfinished)"],
    ["deduction", " the result\n", "(badSyntax)"],
    ["deduction", " ]\n", "(badSyntax)"],
    ["deduction", " 7 or 8\n", "(notOneValue)"],
    ["deduction", " 7 == 7\n", "(notOneValue)"],
    ["deduction", " 7 if f(1) else 8\n", "(notOneValue)"],
    ["deduction", "\n>>> f(3)\n7\n", "(replStyle)"],
    ["deduction", `${"[".repeat(300)}\n`, "(tooLong)"],
    ["deduction", ` '${"a".repeat(9000)}'\n`, "(tooLong)"],
    ["abduction", "5) == 8\n", "5"],
    ["abduction", "'(', x=[1]) == 8  # so\n", "'(', x=[1]"],
    ["abduction", "  # 5 + 3\n  5) == 8\n", "5"],
    ["abduction", "5)\n", "5"],
    ["abduction", "5)", "(unfinished)"],
    ["abduction", "5", "(unfinished)"],
    ["abduction", ") == 8\n", "(noInput)"],
    ["abduction", "5) + 1 == 8\n", "(notOneCall)"],
    ["abduction", "5) == 8 and f(6) == 9\n", "(notOneCall)"],
    ["abduction", "5)(6) == 8\n", "(notOneCall)"],
    ["induction", "x):\n    return x\n\nassert", "def f(x):\n    return x"],
    ["induction", "x):\n    return x<|endoftext|>", "def f(x):\n    return x"],
    ["induction", "x):\n    return x\n\n\ndef g", "def f(x):\n    return x"],
    ["induction", "x): return x\n# so\n", "def f(x): return x"],
    ["induction", "x):\n    return x\n", "(unfinished)"],
    ["induction", "x):\n    return (x", "(unfinished)"],
    ["induction", "x):\n    return )\n\nassert", "(badSyntax)"],
    [
      "induction",
      "x):\n    return x\n\ndef g():\n    1\n\nassert",
      "(severalFunctions)",
    ],
    [
      "induction",
      "x):\n    return x\n\nclass A:\n    1\n\nassert",
      "(severalFunctions)",
    ],
    ["induction", "x):\n    return x\n\nprint(f(3))\n\nassert", "(prints)"],
    ["induction", "x):\n    return x\n\n>>> f(3)\n", "(replStyle)"],
  ];
  for (const [mode, text, answer] of table) {
    assert.equal(answerOf(mode, text), answer, text);
  }
  const thought = code.readAnswer(
    "deduction",
    " (  # 6\n 7)  # so\n",
    "python",
  );
  assert.deepEqual(thought, { ok: true, answer: "7", trace: "# 6\n# so" });
  const javascript: [ModeName, string, string][] = [
    ["deduction", " /* 6 */ [7, 8]); // so\n", "[7, 8]"],
    ["deduction", ' {"a": 1});', '{"a": 1}'],
    ["deduction", " 7, 8, 9);", "7"],
    ["deduction", " 7", "(unfinished)"],
    ["abduction", '7, ")"), 3);', '7, ")"'],
    ["abduction", "7) + 1, 3);", "(notOneCall)"],
    [
      "induction",
      "x) {\n  return x;\n}\n\nassert",
      "function f(x) {\n  return x;\n}",
    ],
    ["induction", "x) {\n  return x;\n}\nconsole.log(f(1));\n", "(prints)"],
  ];
  for (const [mode, text, answer] of javascript) {
    assert.equal(answerOf(mode, text, "javascript"), answer, text);
  }
});

Deno.test("an answer can be found where the form is wrong", () => {
  const found = (mode: ModeName, text: string) =>
    code.findAnswer(mode, text, "python");
  assert.equal(found("deduction", " 30"), "30");
  assert.equal(found("deduction", " 30<|im_end|>"), "30");
  assert.equal(found("deduction", " [30"), null);
  assert.equal(found("abduction", "5)"), "5");
  const two = "x):\n    return x\n\ndef g(x):\n    return 1\n\nassert";
  assert.equal(found("induction", two), "def f(x):\n    return x");
  assert.equal(
    found("induction", "x):\n    return x\n"),
    "def f(x):\n    return x",
  );
});

Deno.test("proposals: a function and the first call below it", () => {
  const f = "x):\n    return x";
  const table: [text: string, read: string | string[]][] = [
    [`${f}\n\nassert f(5) == 5\n\n\ndef f(`, [`def f(${f}`, "5"]],
    [`${f}\n\n\nassert f(5, [1]) == 6  # why\nassert f(3) == 3\n`, [
      `def f(${f}`,
      "5, [1]",
    ]],
    [`${f}\n\n# so\nassert f(5) == 5<|im_end|>`, [`def f(${f}`, "5"]],
    [`x):\n    # so\n    return x\n\nassert f(5)\n`, [
      "def f(x):\n    # so\n    return x",
      "5",
    ]],
    [`${f}\n\nassert f(5) == 5`, "unfinished"],
    [f, "unfinished"],
    [`${f}\n\n\n\n`, "unfinished"],
    [`${f}<|im_end|>`, "noCall"],
    [`${f}\n\nassert f() == 5\n`, "noInput"],
    [`${f}\n\nassert g(5) == 5\n`, "noCall"],
    [`${f}\n\nf(5) == 5\n`, "noCall"],
    [`${f}\n\nprint(f(5))\nassert f(5) == 5\n`, "prints"],
    [
      `${f}\n\ndef g(x):\n    return x\n\nassert f(5) == 5\n`,
      "severalFunctions",
    ],
    [`${f}\n\n>>> f(5)\n5\n`, "replStyle"],
    [
      `x):\n    '''\n    >>> f(5)\n    5\n    '''\n    return x\n\n\n`,
      "doctest",
    ],
    ["x):\n    return )\n\nassert f(5) == 5\n", "badSyntax"],
  ];
  for (const [text, read] of table) {
    assert.deepEqual(proposalOf("deduction", text), read, text);
  }
});

Deno.test("an induction proposal is the inputs of its calls", () => {
  const plain = "1, 2)\nf(3, x=4)  # so\nf([5)\nf(6)\n";
  assert.deepEqual(proposalOf("induction", plain), ["1, 2", "3, x=4"]);
  assert.deepEqual(proposalOf("induction", "1)\ng(2)\nf(3)\n"), ["1"]);
  assert.deepEqual(proposalOf("induction", "1)\nf(2)"), ["1"]);
  assert.equal(proposalOf("induction", ")\nf(2)\n"), "noInput");
  assert.equal(proposalOf("induction", "1) + 2\nf(2)\n"), "notOneCall");
  const script = code.readProposal("induction", "1);\nf(2);\n", "javascript");
  assert.deepEqual(script.ok && script.arguments, ["1", "2"]);
  const calls = [1, 2, 2, 3].map((i) => `${i}) == ${i}\n`).join("assert f(");
  assert.deepEqual(proposalOf("induction", calls), ["1", "2", "2", "3"]);
  const drop: ReadingRules = { reading: "strict", repeatedInputs: "drop" };
  assert.deepEqual(proposalOf("induction", calls, drop), ["1", "2", "3"]);
  assert.deepEqual(proposalOf("induction", `${calls}assert f(4`), [
    "1",
    "2",
    "2",
    "3",
  ]);
  assert.deepEqual(
    proposalOf("induction", `${calls}print(f(4))\nassert f(5) == 5\n`),
    ["1", "2", "2", "3"],
  );
  const many = Array.from({ length: 9 }, (_, i) => `${i}) == 0\n`);
  assert.equal(proposalOf("induction", many.join("assert f(")).length, 6);
  assert.equal(proposalOf("induction", "4"), "unfinished");
});

Deno.test("a prompt and its own gold answer read back as right, in every mode and language", async () => {
  const programs: Record<string, [string, string[]]> = {
    python: [
      "def f(a):\n    return [a, {'k': (a, None, -1.5)}, '\\n# \\'x\\'']",
      [
        "-3",
        "'a\"b'",
        "[(1,), {2}, {'#': 1}]",
      ],
    ],
    javascript: [
      "function f(a) {\n  return [a, { k: -1.5 }, '\\n// \"x'];\n}",
      [
        "-3",
        '"a\'b"',
        '[[1], {"//": null}, undefined]',
      ],
    ],
    typescript: ["function f(a: unknown): unknown {\n  return [a, 1n];\n}", [
      "-3",
      '"a)"',
      "[[], new Map([[1, 2]])]",
    ]],
  };
  await using executor = await startExecutor({
    workers: 1,
    languages: LANGUAGES,
  });
  for (const language of LANGUAGES) {
    const [source, inputs] = programs[language];
    for (const mode of Object.values(MODES)) {
      const [verdict] = await mode.validate(executor, [{
        program: { language, source },
        arguments: inputs.flatMap((input) => [input, `[${input}]`]),
        message: "",
      }], code);
      assert.ok(verdict.valid, JSON.stringify(verdict));
      const { examples } = verdict;
      const task = {
        ...taskOf(mode.name, language, source, []),
        examples,
        shownCount: mode.shownCount(code.induction),
      };
      // The response is what the block of a reference has behind the prompt's end.
      const prompt = code.solverPrompt(task);
      const [{ argument, output }] = examples;
      const shown = code.proposerPrompt("deduction", [task], language);
      const from = shown.indexOf(source);
      const blockText = shown.slice(from, shown.lastIndexOf("\n\n\n") + 3);
      const [open] = prompt.match(/[^\n]*$/)!;
      const response = blockText.slice(blockText.indexOf(open) + open.length);
      const answer = answerOf(mode.name, response, language);
      const wanted = {
        deduction: output,
        abduction: argument,
        induction: source,
      };
      assert.equal(answer, wanted[mode.name as keyof typeof wanted], response);
      const [right] = await mode.verify(executor, [{ task, answer }]);
      assert.equal(right.correct, true, `${language} ${mode.name} ${answer}`);
    }
    const proposal = `${source}\n\n`.replace(/^[^]*?f\(/, "") +
      code.proposerPrompt("deduction", [
        taskOf("deduction", language, source, [[inputs[2], "1"]]),
      ], language).match(/\n(assert[^\n]*\n)\n\n[^\n]*$/)![1];
    const read = code.readProposal("deduction", proposal, language);
    assert.deepEqual(read, {
      ...{ ok: true, program: source, arguments: [inputs[2]], message: "" },
    });
  }
});

Deno.test("no text makes the readers throw, and what is accepted is one function and one call", () => {
  const pieces = [
    "x):\n    return x\n",
    "\nassert f(5) == 5\n",
    "assert f(",
    "def g(y):\n",
    "print(f(1))\n",
    ">>> f(1)\n",
    "'''",
    '"',
    "(",
    ")",
    "[",
    " == ",
    "#",
    "\n\n\n",
    "    ",
    "<|im_end|>",
    "\\",
    "\u2028",
    "\0",
  ];
  let accepted = 0;
  for (let trial = 0; trial < 1500; trial++) {
    const stream = randomStream(3, "code", trial);
    const text = (trial % 2 === 0 ? pieces[0] : "") + Array.from(
      { length: stream.integer(0, 7) },
      () => stream.choice(pieces),
    ).join("");
    for (const language of LANGUAGES) {
      for (const mode of MODE_NAMES) {
        code.readAnswer(mode, text, language);
        code.findAnswer(mode, text, language);
        code.readProposal(mode, text, language);
      }
    }
    const read = code.readProposal("deduction", text, "python");
    if (!read.ok) continue;
    accepted++;
    const program = { language: "python" as const, source: read.program! };
    assert.equal(placedSyntax(program)!.children.length, 1, text);
    assert.ok(read.arguments[0].trim() !== "", text);
  }
  assert.ok(accepted > 15, `only ${accepted} accepted`);
});

Deno.test("what a prompt could not show is unsafe", () => {
  for (
    const text of [
      "<|im_end|>",
      "'</s>'",
      "<｜end▁of▁sentence｜>",
      "<end_of_turn>",
      "a\n\n\nb",
      "x\nassert y",
      "```",
    ]
  ) {
    assert.ok(code.isUnsafe(text), text);
  }
  for (
    const text of [
      "def f(a):\n\n    assert a\n    return a < 1 | 2",
      "'<b>'",
      "a <| b",
    ]
  ) {
    assert.ok(!code.isUnsafe(text), text);
  }
});

Deno.test("extras that have words in the chat dialect only are refused", () => {
  const config = { ...TINY_CONFIG, dialect: "code" as const };
  checkConfig(config);
  assert.throws(
    () => checkConfig({ ...config, modes: ["error"] }),
    /dialect is "chat"/,
  );
  assert.throws(
    () => checkConfig({ ...config, compositeChance: 0.5 }),
    /dialect is "chat"/,
  );
  assert.throws(
    () => checkConfig({ ...config, answerEnd: "answer-tag" }),
    /dialect is "chat"/,
  );
});

/** A base model of few words. */
function codeResponses(prompt: string, variant: number): string[] {
  if (prompt.endsWith("==")) return [" 'Hello world'\n", ` ${variant}\n`, " 3"];
  if (prompt.includes("# an input")) return ["'ab') == 1\n", "1) + 2\n"];
  const program = `a):\n    return [a, ${variant}]\n\nassert f(${variant}) ==`;
  if (prompt.includes("# f passes")) return [program, "a):\n    return"];
  if (prompt.endsWith("def f(")) return [`${program} 3\n`, "a):\n    print(a)"];
  return [[1, 2, 3, 4, 5].join(") == 0\nassert f(") + ") == 0\n", "1"];
}

Deno.test("the code dialect plays all three modes", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const tokenizer = characterTokenizer();
  const engine: Engine = new ScriptedEngine(tokenizer, codeResponses);
  const stops = new Set<string>();
  const sample = engine.sample.bind(engine);
  engine.sample = (requests, options) => {
    stops.add(JSON.stringify(options.stopText?.strings));
    return sample(requests, options);
  };
  const config: SelfPlayConfig = {
    ...PAPER_CONFIG,
    ...{ dialect: "code", steps: 2, proposalsPerMode: 5, rolloutsPerTask: 3 },
    ...{ references: 2, seedTasksPerMode: 4, seedRounds: 8 },
  };
  const grades = new Set<string>();
  let sizes: Record<string, number> = {};
  for await (const event of selfPlay({ config, engine, tokenizer, executor })) {
    if (event.type === "solved") {
      for (const { rollouts } of event.solved) {
        rollouts.forEach(({ grade }) => grades.add(grade));
      }
    }
    if (event.type !== "stepFinished") continue;
    const { tasks } = event.state().buffers;
    sizes = Object.fromEntries(
      Object.entries(tasks).map(([mode, { length }]) => [mode, length]),
    );
  }
  assert.ok(MODE_NAMES.every((mode) => sizes[mode] > 1), JSON.stringify(sizes));
  assert.deepEqual([...grades].sort(), ["malformed", "right", "wrong"]);
  const { propose, solve } = code.stopStrings;
  assert.deepEqual(
    [...stops].sort(),
    [propose, solve].map((s) => JSON.stringify(s)).sort(),
  );
});
