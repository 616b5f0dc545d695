/** Responses of language models, as they come: read as the official code reads them, or strictly by name. */

import assert from "node:assert/strict";

import "../../../lib/extras/mod.ts"; // the words of the mode "error"

import { chatDialect } from "../../../lib/method/modes/chat.ts";
import {
  type Dialect,
  PAPER_READING,
  type ReadingRules,
} from "../../../lib/method/modes/dialect.ts";
import { fences } from "../../../lib/method/modes/fences.ts";
import type { ModeName, Task } from "../../../lib/method/modes/task.ts";
import { MODES } from "../../../lib/method/modes/registry.ts";
import { withEntryNamed } from "../../../lib/method/modes/entry.ts";
import { type Language, startExecutor } from "../../../lib/sandbox/mod.ts";

const STRICT: ReadingRules = { reading: "strict", repeatedInputs: "drop" };

const answered = (answer: string) => `so </think>\n<answer>${answer}</answer>`;

Deno.test("fences as models write them", () => {
  const table: [text: string, tag: string, content: string][] = [
    ["```output\n5\n```", "output", "5"],
    ["```\n5\n```", "", "5"],
    ["```output\n5```", "output", "5"],
    ["```output 5```", "output", "5"],
    ["```output5```", "", "output5"],
    ["```5```", "", "5"],
    ["So ```output 5```, I think", "output", "5"],
    ["``` output\n5\n```", "output", "5"],
    ["```Output the value\n5\n```", "output", "5"],
    ["```python3\nx\n```", "python3", "x"],
    ["```json\n5\n```", "json", "5"],
    [
      "1. ```python\n   def f(x):\n       return x\n   ```",
      "python",
      "def f(x):\n    return x",
    ],
    [
      "  ```python\n  def f(x):\n\n    return x\n  ```",
      "python",
      "def f(x):\n\n  return x",
    ],
    ["```python\n\n\nx\n\n```", "python", "x"],
    ["```python\nx = '```'\ny\n```", "python", "x = '```'\ny"],
    ["```output\n5``` and more", "output", "5"],
    ["````output\n```\n````", "output", "```"],
    ["```output\r\n5\r\n```", "output", "5"],
  ];
  for (const [text, tag, content] of table) {
    const found = fences(text).map((block) => [block.tag, block.text]);
    assert.deepEqual(found, [[tag, content]], text);
  }
  assert.deepEqual(fences("```output\n5"), []);
  assert.deepEqual(fences("no fence"), []);
  const two = "```input\n1``` so\n```output\n2\n```\n```a b```";
  assert.deepEqual(
    fences(two).map(({ tag, text }) => [tag, text]),
    [["input", "1"], ["output", "2"], ["", "a b"]],
  );
});

/** What each rule makes of an answer: a text, or the cause why there is none. */
function readings(
  mode: ModeName,
  answer: string,
  language: Language = "python",
): [official: string, strict: string] {
  const [official, strict] = [PAPER_READING, STRICT].map((rules) => {
    const read = chatDialect.readAnswer(
      mode,
      answered(answer),
      language,
      rules,
    );
    return read.ok ? read.answer : read.cause;
  });
  return [official, strict];
}

Deno.test("answers: values in any fence, after a label, in a tag or in words", () => {
  const whole = (text: string) => text.trim();
  const table: [
    mode: ModeName,
    answer: string,
    value: string,
    strict: string,
  ][] = [
    ["deduction", "```output\n5\n```", "5", "5"],
    ["deduction", "```output\n5```", "5", whole("```output\n5```")],
    ["deduction", "```output 5```", "5", "```output 5```"],
    ["deduction", "```\n5\n```", "5", "```\n5\n```"],
    ["deduction", "# Output: 5", "5", "# Output: 5"],
    [
      "deduction",
      "# Output:\n[1,\n 2]\n\nAs said.",
      "[1,\n 2]",
      "# Output:\n[1,\n 2]\n\nAs said.",
    ],
    ["deduction", "<output>5</output>", "5", "<output>5</output>"],
    ["deduction", "The output is 5.", "5", "The output is 5."],
    ["deduction", "The output is: 'a.b'", "'a.b'", "The output is: 'a.b'"],
    ["deduction", "5", "5", "5"],
    ["deduction", "```output\n1\n```\n```output\n2\n```", "2", "2"],
    [
      "deduction",
      "```python\nf(1) # Output: 3\n```\n```output\n2\n```",
      "2",
      "2",
    ],
    ["abduction", "# Input: 1, 'a'", "1, 'a'", "# Input: 1, 'a'"],
    ["abduction", "<input>\n1\n</input>", "1", "<input>\n1\n</input>"],
    ["abduction", "```Input\n1\n```", "1", "1"],
    ["error", "# Output: ValueError", "ValueError", "# Output: ValueError"],
    [
      "induction",
      "```python\ndef f(x): return x\n```",
      "def f(x): return x",
      "def f(x): return x",
    ],
    [
      "induction",
      "```\ndef f(x): return x\n```",
      "def f(x): return x",
      "noProgram",
    ],
    [
      "induction",
      "```python3\ndef f(x): return x\n```",
      "def f(x): return x",
      "noProgram",
    ],
    [
      "induction",
      "```python def f(x): return x```",
      "def f(x): return x",
      "noProgram",
    ],
    [
      "induction",
      "```python\ndef f(x): return x```",
      "def f(x): return x",
      "noProgram",
    ],
    ["induction", "def f(x): return x", "noProgram", "noProgram"],
    ["induction", "```input\n1\n```", "noProgram", "noProgram"],
  ];
  for (const [mode, answer, value, strict] of table) {
    assert.deepEqual(readings(mode, answer), [value, strict], answer);
  }
  assert.deepEqual(
    readings("induction", "```typescript\nx=>x\n```", "typescript"),
    ["x=>x", "x=>x"],
  );
});

Deno.test("a thought may quote its own end", () => {
  const text = "it ends with </think>, as asked </think> <answer>5</answer>";
  const official = chatDialect.readAnswer("deduction", text, "python");
  assert.deepEqual(official, {
    ok: true,
    answer: "5",
    trace: "it ends with </think>, as asked ",
  });
  const strict = chatDialect.readAnswer("deduction", text, "python", STRICT);
  assert.equal(strict.ok ? "ok" : strict.cause, "noAnswer");
});

Deno.test("proposals: any fence and label, and a function of any name", () => {
  const program = "def add_one(x):\n    return x + 1";
  const renamed = program.replace("add_one", "f");
  const bodies = [
    `\`\`\`python\n${program}\n\`\`\`\n\`\`\`input\n1\n\`\`\``,
    `\`\`\`input\n1\n\`\`\`\n\`\`\`python3 (the program)\n${program}\n\`\`\``,
    `\`\`\`\n${program}\n\`\`\`\n# Input: 1`,
    `  \`\`\`python\n  ${
      program.replace("\n", "\n  ")
    }\n  \`\`\`\n  \`\`\`input\n  1\`\`\``,
    `\`\`\`python\n${program}\`\`\`\n<input>1</input>`,
    `\`\`\`python\n${program}\n# Input: 7\n\`\`\`\n# Input: 1\n`,
  ];
  for (const body of bodies) {
    const read = chatDialect.readProposal(
      "deduction",
      answered(body),
      "python",
    );
    assert.ok(read.ok, body);
    assert.equal(read.program!.replace("\n# Input: 7", ""), renamed, body);
    assert.deepEqual(read.arguments, ["1"]);
  }
  const strict = bodies.map((body) => {
    const read = chatDialect.readProposal(
      "deduction",
      answered(body),
      "python",
      STRICT,
    );
    return read.ok ? read.program : read.cause;
  });
  assert.deepEqual(strict, [
    program,
    "noProgram",
    "noInput",
    "noInput",
    "noInput",
    "noInput",
  ]);
});

Deno.test("an induction proposal: inputs and message by fence, label or tag", () => {
  const inputs = Array.from(
    { length: 12 },
    (_, i) => `\`\`\`input\n${i % 4}\n\`\`\``,
  );
  for (
    const message of [
      '```message\nadd, then "sort"\n```',
      '<message>add, then "sort"</message>',
      '# Message: add, then "sort"',
    ]
  ) {
    const text = answered([...inputs, message].join("\n"));
    const read = chatDialect.readProposal("induction", text, "python");
    assert.deepEqual(read, {
      ok: true,
      program: null,
      arguments: Array.from({ length: 10 }, (_, i) => `${(i + 2) % 4}`),
      message: 'add, then "sort"',
    });
    const distinct = chatDialect.readProposal("induction", text, "python", {
      ...PAPER_READING,
      repeatedInputs: "drop",
    });
    assert.deepEqual(distinct.ok && distinct.arguments, ["0", "1", "2", "3"]);
  }
});

Deno.test("a function is renamed where the tree has it, and only if none is called f", () => {
  const table: [
    source: string,
    expected: string | null,
    language?: Language,
  ][] = [
    ["def add(x):\n    return x + 1", "def f(x):\n    return x + 1"],
    [
      "def fact(n):\n    'fact of n'\n    return 1 if n < 2 else n * fact(n - 1)",
      "def f(n):\n    'fact of n'\n    return 1 if n < 2 else n * f(n - 1)",
    ],
    [
      "def helper(x):\n    return x\ndef main(x):\n    return helper(x)",
      "def helper(x):\n    return x\ndef f(x):\n    return helper(x)",
    ],
    [
      "import math\n@g\ndef go(x): return x",
      "import math\n@g\ndef f(x): return x",
    ],
    ["def g(x): return x\ndef f(x): return g(x)", null],
    ["f = lambda x: x\ndef g(x): return x", null],
    ["lambda x: x", null],
    ["class A:\n    def g(self): return 1", null],
    ["def g(x):\n    f = x\n    return f", null],
    ["def g(x:\n    return x", null],
    ["function add(x){return x+1}", "function f(x){return x+1}", "javascript"],
    [
      "function g(x){return x?g(x-1):{g:x}.g}",
      "function f(x){return x?f(x-1):{g:x}.g}",
      "javascript",
    ],
    [
      "function g(x:number):number{return x}",
      "function f(x:number):number{return x}",
      "typescript",
    ],
    ["x=>x", null, "javascript"],
  ];
  for (const [source, expected, language = "python"] of table) {
    assert.equal(withEntryNamed({ language, source }), expected ?? source);
  }
});

Deno.test("what looks like a marker can be in a task, unless read strictly", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const source = "def f(x):\n    return 'User: ' + x + '```'";
  const candidate = {
    program: { language: "python" as const, source },
    arguments: ["'</think> <answer>'"],
    message: "",
  };
  const [official] = await MODES.deduction.validate(
    executor,
    [candidate],
    chatDialect,
  );
  assert.ok(official.valid);
  const [strict] = await MODES.deduction.validate(
    executor,
    [candidate],
    chatDialect,
    STRICT,
  );
  assert.equal(strict.valid ? "valid" : strict.cause, "markerInTask");
  const task: Task = {
    id: "t",
    mode: "abduction",
    program: candidate.program,
    examples: official.examples,
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
  // Whatever it holds, each block of the prompt can be read back.
  const blocks = fences(chatDialect.solverPrompt(task));
  assert.equal(blocks[0].text, source);
  assert.equal(blocks[1].text, official.examples[0].output);
});

Deno.test("repeated inputs make a task of the official kind, and none where they are dropped", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const candidate = {
    program: { language: "python" as const, source: "lambda x: x + 1" },
    arguments: Array.from({ length: 10 }, (_, i) => `${i % 9}`),
    message: "",
  };
  const dialect: Dialect = chatDialect;
  const verdicts = await Promise.all(
    [undefined, { ...PAPER_READING, repeatedInputs: "drop" as const }].map(
      (rules) =>
        MODES.induction.validate(executor, [candidate], dialect, rules),
    ),
  );
  assert.equal(verdicts[0][0].valid && verdicts[0][0].examples.length, 10);
  assert.equal(
    verdicts[1][0].valid ? "valid" : verdicts[1][0].reason,
    "9 valid inputs, 10 needed",
  );
});
