/** Comments and global variables taken out of proposed programs: on texts, and in a run. */

import assert from "node:assert/strict";
import { withoutRemoved } from "../../lib/extras/removal.ts";
import {
  checkConfig,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { selfPlay } from "../../lib/method/loop.ts";
import { type Language, startExecutor } from "../../lib/sandbox/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import "../../lib/extras/mod.ts";

const COMMENTS = { comments: "remove", globalVariables: "keep" } as const;
const GLOBALS = { comments: "keep", globalVariables: "remove" } as const;

function removed(
  what: Parameters<typeof withoutRemoved>[0],
  language: Language,
  source: string,
): string {
  return withoutRemoved(what, { language, source }).source;
}

const COMMENTED: [Language, string, string][] = [
  [
    "python",
    '"""About."""\n# one\ndef f(x):\n    """Doc\n    string."""\n    # two\n    s = "# no"  # three\n\n    return s * x\n# end',
    'def f(x):\n    s = "# no"\n\n    return s * x',
  ],
  ["python", 'def f(x):\n    "only"', "def f(x):\n    pass"],
  ["python", 'def f(x): "doc"; return x', "def f(x): pass; return x"],
  [
    "python",
    'class A:\n    "a" "b"\n    n = "stays"\ndef f(x):\n    if x:\n        "stays"\n    return A.n',
    'class A:\n    n = "stays"\ndef f(x):\n    if x:\n        "stays"\n    return A.n',
  ],
  [
    "javascript",
    '/** Doc. */\nfunction f(x) {\n  // one\n  return "//" + x /* two */ + `/* ${x} */`; // three\n}',
    'function f(x) {\n  return "//" + x   + `/* ${x} */`;\n}',
  ],
  [
    "javascript",
    // A comment with a line break ends the statement, as a line break does.
    "const f = (x) => { return /* a\n b */ x }",
    "const f = (x) => { return \n x }",
  ],
  [
    "typescript",
    "const f = (x: number) => x // n",
    "const f = (x: number) => x",
  ],
  // A text with errors stays as it is.
  ["python", "def f(x:\n    return 1 # one", "def f(x:\n    return 1 # one"],
];

Deno.test("comments and docstrings go, and nothing else does", () => {
  for (const [language, source, expected] of COMMENTED) {
    assert.equal(removed(COMMENTS, language, source), expected);
    assert.equal(removed(COMMENTS, language, expected), expected);
  }
});

const GLOBAL: [Language, string, string][] = [
  [
    "python",
    "import math\nN = 3\ntable = {\n    1: 2,\n}\n\n@staticmethod\ndef g(x): return x\nclass A:\n    n = 1\ndef f(x):\n    y = 2\n    return g(x) + y\nprint(f(1))\nif N:\n    f = 1\n",
    "import math\n\n@staticmethod\ndef g(x): return x\nclass A:\n    n = 1\ndef f(x):\n    y = 2\n    return g(x) + y",
  ],
  [
    "python",
    "import math; N = 3; import re\nM = 1; K = 2\nasync def g(): pass\ndef f(x): return x",
    "import math; import re\nasync def g(): pass\ndef f(x): return x",
  ],
  // The official code keeps `def` alone, so that this program is none any more.
  ["python", "f = lambda x: x", ""],
  [
    "javascript",
    "const n = 3, m = 4;\nlet g = (x) => x;\nclass A { k = 1 }\nfunction f(x) { const y = 2; return g(x) + y }\nf(1);",
    "let g = (x) => x;\nclass A { k = 1 }\nfunction f(x) { const y = 2; return g(x) + y }",
  ],
  [
    "javascript",
    "n = 3; f = function (x) { return x }",
    "f = function (x) { return x }",
  ],
  [
    "typescript",
    "type T = number;\nlet n: T = 3;\nconst f: (x: T) => T = (x) => x;",
    "type T = number;\nconst f: (x: T) => T = (x) => x;",
  ],
];

Deno.test("of the statements outside functions, definitions alone stay", () => {
  for (const [language, source, expected] of GLOBAL) {
    assert.equal(removed(GLOBALS, language, source), expected);
    assert.equal(removed(GLOBALS, language, expected), expected);
  }
});

Deno.test("a program without its comments computes the same", async () => {
  await using executor = await startExecutor({ workers: 1 });
  for (const [language, source] of COMMENTED) {
    const program = { language, source };
    const runs = [program, withoutRemoved(COMMENTS, program)].map((program) =>
      executor.run({ program, argument: "2" })
    );
    const [before, after] = await Promise.all(runs);
    const told = ({ kind, ...rest }: typeof before) =>
      kind === "value" && "literal" in rest ? rest.literal : kind;
    assert.equal(told(after), told(before), source);
  }
});

const config: SelfPlayConfig = {
  ...PAPER_CONFIG,
  language: "javascript",
  modes: ["deduction"],
  steps: 1,
  proposalsPerMode: 6,
  rolloutsPerTask: 2,
  seedTasksPerMode: 2,
  seedRounds: 2,
};

const fence = (tag: string, text: string) => `\`\`\`${tag}\n${text}\n\`\`\``;
const answer = (text: string) => `so</think>\n<answer>\n${text}\n</answer>`;

function responses(prompt: string, variant: number): string[] {
  if (!prompt.includes("## Task: invent")) {
    return [answer(fence("output", '"a!"'))];
  }
  const added = variant % 2 === 0 ? "mark" : `${variant}`;
  const program =
    `const mark = "!"; // a global\nfunction f(a) { return a + ${added} }`;
  return [answer(`${fence("javascript", program)}\n${fence("input", '"a"')}`)];
}

/** The programs and causes of one step's proposals. */
async function played(changes: Partial<SelfPlayConfig>) {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const tokenizer = characterTokenizer();
  const engine = new ScriptedEngine(tokenizer, responses);
  const setting = {
    config: { ...config, ...changes },
    engine,
    tokenizer,
    executor,
  };
  for await (const event of selfPlay(setting)) {
    if (event.type === "rewarded") return event.proposals;
  }
  throw new Error("no proposals were rewarded");
}

Deno.test("a run stores programs without what is removed", async () => {
  const plain = await played({});
  const sources = (proposals: typeof plain) =>
    proposals.map(({ candidate }) => candidate?.program.source ?? "");
  assert.ok(sources(plain).some((source) => source.includes("//")));
  assert.ok(plain.every(({ status }) => status === "valid"));
  const bare = await played({ comments: "remove" });
  assert.ok(sources(bare).every((source) => /^const.*;\nfunc/.test(source)));
  assert.ok(bare.every(({ status }) => status === "valid"));
  const local = await played({ globalVariables: "remove" });
  // What used the global is refused by the executor, as in the official code.
  for (const { status, cause, candidate } of local) {
    const usesGlobal = candidate!.program.source.includes("+ mark");
    assert.ok(!candidate!.program.source.includes("const"));
    assert.equal(status, usesGlobal ? "invalid" : "valid", cause);
  }
  assert.equal(new Set(local.map(({ status }) => status)).size, 2);
});

Deno.test("a removal that would remove nothing is refused", () => {
  const refused = (config: SelfPlayConfig, field: string) =>
    assert.throws(() => checkConfig(config), new RegExp(`"${field}" must be`));
  refused({ ...TINY_CONFIG, comments: "remove" }, "comments");
  refused({ ...TINY_CONFIG, globalVariables: "remove" }, "globalVariables");
  const code = { ...PAPER_CONFIG, dialect: "code" } as const;
  checkConfig({ ...code, comments: "remove" });
  refused({ ...code, globalVariables: "remove" }, "globalVariables");
  const given = { ...PAPER_CONFIG, taskSource: "generated" } as const;
  refused({ ...given, comments: "remove" }, "comments");
});
