/** Benchmarks on a dozen items of our own: files, prompts, graders, and the evaluation. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openModel } from "../../../lib/engines/choice.ts";
import { ENGINES } from "../../../lib/engines/engine_config.ts";
import { goldAnswerer } from "../../../lib/lab/benchmarks/answerer.ts";
import { modelAnswerer } from "../../../tasks/evaluate/model_answerer.ts";
import {
  benchmarkNamed,
  BENCHMARKS,
} from "../../../lib/lab/benchmarks/benchmarks.ts";
import {
  type BenchmarkSettings,
  evaluateBenchmarks,
} from "../../../lib/lab/benchmarks/evaluate.ts";
import { guessScores } from "../../../lib/lab/benchmarks/guesses.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import {
  benchmarkScores,
  benchmarkTable,
} from "../../../lib/lab/benchmarks/table.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";
import { writeChatModel } from "../../run/chat_model.ts";

const OWN = new URL("./own", import.meta.url).pathname;
const SETTINGS: BenchmarkSettings = {
  model: "gold",
  dialect: "chat",
  samples: 1,
  temperature: 0,
  topP: 1,
  maxNewTokens: 24,
  seed: 1,
};

const executor = await startExecutor({ languages: ["python"] });
addEventListener("unload", () => void executor.close());
const own = await Promise.all(BENCHMARKS.map(async (benchmark) => ({
  benchmark,
  items: await readItems(benchmark, OWN),
})));

/** One of each kind. */
const few = own.filter(({ benchmark: { name } }) =>
  ["cruxeval-o", "cruxeval-i", "humaneval", "mbppplus", "gsm8k"].includes(name)
);
/** Those with reference answers. */
const withGold = own.filter(({ benchmark: { name } }) =>
  name !== "livecodebench"
);

/** The verdict on one response to the item of a place. */
async function verdict(name: string, place: number, response: string) {
  const benchmark = benchmarkNamed(name);
  const item = (await readItems(benchmark, OWN))[place];
  return (await benchmark.grade(executor, [{ item, response }]))[0];
}

/** Writes a file of one row and returns its folder. */
async function fileWith(name: string, row: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, name), row);
  return folder;
}

Deno.test("the reference answers as a model score 100 %", async () => {
  const rows = await evaluateBenchmarks(withGold, {
    folder: await Deno.makeTempDir(),
    settings: SETTINGS,
    answerer: goldAnswerer,
    executor,
    batch: 2,
  });
  const failed = rows.filter(({ correct }) => correct !== 1);
  assert.deepEqual(failed.map(({ item, details }) => [item, details]), []);
  assert.deepEqual(
    benchmarkScores(rows).map(({ benchmark, items }) => [benchmark, items]),
    withGold.map(({ benchmark, items }) => [benchmark.name, items.length]),
  );
});

Deno.test("wrong answers fail, and the failing case is named", async () => {
  const failing = [
    await verdict("humaneval", 0, "    return 1\n"),
    await verdict("humaneval", 0, "    while True: pass\n"),
    await verdict("mbppplus", 0, "def similar_elements(a, b): return a\n"),
    await verdict("mbppplus", 1, "def half(number): return number // 2\n"),
    await verdict("mbppplus", 2, "def largest(numbers): return max(numbers)\n"),
  ];
  assert.deepEqual(failing.map(({ correct }) => correct), Array(5).fill(false));
  assert.match(failing[0].detail, /^assert candidate\(\[-3\]\) == 0: /);
  assert.equal(failing[1].cause, "fuel");
  assert.match(
    failing[2].detail,
    /^case 1 of 3, similar_elements\(\(1, 2\), \(2, 3\)\): \{1,2\} instead of \{2\}/,
  );
  assert.match(failing[3].detail, /^case 1 of 4, half\(3\): 1 instead of 1\.5/);
  assert.match(
    failing[4].detail,
    /^case 3 of 4, largest\(\[\]\): .*ValueError/,
  );
});

Deno.test("a program is read from a fence, from a chat's opened fence, and from a continuation", async () => {
  for (
    const response of [
      "Sure.\n```python\ndef widest(gaps):\n    return gaps.index(max(gaps))\n```\nDone.",
      "def widest(gaps: List[int]):\n    return gaps.index(max(gaps))\n```\nIt works.",
      "    return gaps.index(max(gaps))\n\ndef next_problem():\n    raise 1\n",
    ]
  ) assert.equal((await verdict("humaneval", 0, response)).cause, "match");
});

Deno.test("other answers than the reference's count where they are right", async () => {
  const fenced = (tag: string, value: string) =>
    `Hm.</think><answer>\`\`\`${tag}\n${value}\n\`\`\`</answer>`;
  const right = [
    // The same elements in another order, and a float for a whole number.
    await verdict(
      "mbppplus",
      0,
      "def similar_elements(a, b): return list(set(a) & set(b))\n",
    ),
    await verdict("cruxeval-i", 1, fenced("input", "12, 24")),
    await verdict("cruxeval-o", 1, fenced("output", "24 // 2")),
    await verdict("gsm8k", 1, "So both cost \\$1320.00 in all."),
    await verdict("math500", 2, "\\boxed{\\pm 0.5}"),
  ];
  assert.deepEqual(right.map(({ cause }) => cause), Array(5).fill("match"));
  const wrong = [
    await verdict("cruxeval-i", 1, fenced("input", "12, 25")),
    await verdict("cruxeval-o", 1, "The output is 12"),
    await verdict("gsm8k", 1, "I do not know."),
    await verdict("math500", 1, "\\boxed{(-\\infty,3)}"),
  ];
  assert.deepEqual(wrong.map(({ cause }) => cause), [
    "different",
    "unclosedThought",
    "noAnswer",
    "different",
  ]);
});

Deno.test("a missing file says where to get it", async () => {
  const folder = await Deno.makeTempDir();
  await assert.rejects(
    readItems(benchmarkNamed("humaneval"), folder),
    /no HumanEval\.jsonl or HumanEval\.jsonl\.gz in .*deno task data get humaneval .*github\.com\/openai\/human-eval/,
  );
});

Deno.test("a file of another schema is refused by line and field", async () => {
  const cases = [
    [
      "humaneval",
      "HumanEval.jsonl",
      '{"task_id":"a"}',
      /:1: the field "prompt" is missing; there are "task_id"/,
    ],
    [
      "cruxeval-o",
      "cruxeval.jsonl",
      '{"id":"a","code":1,"input":"","output":""}',
      /"code" is not a text/,
    ],
    [
      "gsm8k",
      "gsm8k.jsonl",
      '{"question":"q","answer":"5"}',
      /"answer" does not end with "#### ANSWER"/,
    ],
    [
      "mbppplus",
      "MbppPlus.jsonl",
      '{"task_id":"HumanEval/1"}',
      /"HumanEval\/1" and not "Mbpp\/NUMBER"/,
    ],
    ["math500", "math500.jsonl", "[1]", /is no JSON object/],
    ["math500", "math500.jsonl", "\n", /holds no rows/],
  ] as const;
  for (const [name, file, row, message] of cases) {
    const folder = await fileWith(file, row);
    await assert.rejects(readItems(benchmarkNamed(name), folder), message);
  }
});

Deno.test("a gzipped file is read like a plain one", async () => {
  const folder = await Deno.makeTempDir();
  const plain = await Deno.open(join(OWN, "HumanEval.jsonl"));
  const zipped = plain.readable.pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(join(folder, "HumanEval.jsonl.gz"), zipped);
  const benchmark = benchmarkNamed("humaneval");
  assert.deepEqual(
    await readItems(benchmark, folder),
    await readItems(benchmark, OWN),
  );
});

Deno.test("the prompts are pinned", () => {
  const prompt = (name: string, hasTemplate: boolean) => {
    const { benchmark, items } = own.find((one) =>
      one.benchmark.name === name
    )!;
    const template = hasTemplate
      ? (turns: readonly { role: string; content: string }[]) =>
        turns.map(({ role, content }) => `<${role}>${content}`).join("") +
        "<assistant>"
      : null;
    return benchmark.prompt(items[0], template);
  };
  const problem =
    '"""\nWrite a function that returns what two tuples share.\nassert set(similar_elements((1, 2), (2, 3))) == {2}\n"""\n';
  assert.deepEqual(prompt("mbppplus", false), {
    text: problem,
    stops: ["\nif __name__", "\ndef main(", "\nprint(", '\n"""', "\nassert"],
  });
  assert.deepEqual(prompt("mbppplus", true), {
    text:
      "<user>Please provide a self-contained Python script that solves the following problem in a markdown code block:\n" +
      `\`\`\`\n${problem}\`\`\`\n<assistant>Below is a Python script with a self-contained function that solves the problem and passes corresponding tests:\n\`\`\`python\n`,
    stops: ["\nif __name__", "\ndef main(", "\nprint(", "\n```\n"],
  });
  const question = "Solve $x^2=2x+1$ for its larger root.\n" +
    "Please reason step by step, and put your final answer within \\boxed{}.";
  assert.deepEqual(prompt("math500", true), {
    text: `<system>You are a helpful assistant.<user>${question}<assistant>`,
    stops: [],
  });
  assert.equal(prompt("math500", false).text, `${question}\n`);
  const { text, stops } = prompt("cruxeval-o", true);
  assert.match(text, /^The following is a conversation between a User/);
  assert.match(text, /\nAssistant: <think>$/);
  assert.deepEqual(stops, ["</answer>"]);
});

Deno.test("what every benchmark asks is pinned by its hash", () => {
  const template = (turns: readonly { role: string; content: string }[]) =>
    turns.map(({ role, content }) => `<${role}>${content}`).join("");
  const asked = own.map(({ benchmark, items: [item] }) => [
    benchmark.name,
    ...[null, template].map((form) => {
      const { text, stops } = benchmark.prompt(item, form);
      return createHash("sha256").update(JSON.stringify([text, stops]))
        .digest("hex").slice(0, 12);
    }),
  ]);
  assert.deepEqual(asked, [
    ["cruxeval-o", "60d1f8ce7496", "60d1f8ce7496"],
    ["cruxeval-i", "f046b909affa", "f046b909affa"],
    ["livecodebench-execution", "67504b293b0b", "67504b293b0b"],
    ["humaneval", "c2f806380b40", "5ed3a6a68fed"],
    ["humanevalplus", "f7d7eaee0fa5", "09d8b518719e"],
    ["mbppplus", "f88dabc82409", "a6ba52aa0f57"],
    ["livecodebench", "8cd570b5f15a", "037b60c44321"],
    ["gsm8k", "ff4e378a8639", "61a4aa378f82"],
    ["math500", "df9ecfd100a3", "bf1cd8d866ea"],
    ["amc23", "71a4f623829d", "5d1e2668bf0e"],
    ["aime24", "71a4f623829d", "5d1e2668bf0e"],
    ["aime25", "71a4f623829d", "5d1e2668bf0e"],
    ["minerva", "687457a6c4f3", "08450ee42899"],
    ["olympiadbench", "0b2e36d6ec7e", "728f834994d3"],
    ["mmlu-pro", "d50c68fb02b6", "c904caad4af1"],
  ]);
});

Deno.test("blind guesses are graded like answers", async () => {
  const scores = await guessScores(few.slice(0, 3), executor);
  assert.deepEqual(scores, {
    "cruxeval-o": {
      "the most frequent output": .5,
      "a copy of what is shown": 0,
    },
    "cruxeval-i": {
      "the most frequent input": .5,
      "a copy of what is shown": .5,
    },
    humaneval: {},
  });
});

Deno.test("a model answers, and an interrupted evaluation goes on to the same rows", async () => {
  const model = await Deno.makeTempDir();
  await writeChatModel(model);
  const opened = await openModel({ ...ENGINES.local, model }, 1);
  const settings = { ...SETTINGS, model, samples: 2, temperature: 1, topP: .9 };
  const evaluateTo = (folder: string, chosen: typeof own, batch: number) =>
    evaluateBenchmarks(chosen, {
      folder,
      settings,
      answerer: modelAnswerer(opened),
      executor,
      batch,
    });
  const [whole, parts] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const rows = await evaluateTo(whole, few, 2);
  assert.ok(
    rows.every(({ samples, tokens, responses }) =>
      samples === 2 && responses.length === 2 &&
      tokens.every((count) => count > 0 && count <= 24)
    ),
  );
  const guesses = { mbppplus: { "a guess": .25 } };
  const table = benchmarkTable(rows, guesses);
  assert.match(table, /\| mbppplus \| 3 \| \d+\.\d \| /);
  assert.match(
    table,
    /- mbppplus: .*seen it\. Right by guessing: a guess 25\.0 %\./,
  );
  const asked = rows.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  assert.match(
    table,
    new RegExp(`Cost: ${asked.toLocaleString("en")} tokens of prompts, `),
  );

  await evaluateTo(parts, few.slice(0, 3), 2);
  const path = join(parts, "rows.jsonl");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, -30)); // the last row is cut short
  assert.deepEqual(await evaluateTo(parts, few, 2), rows);
  assert.equal(
    await Deno.readTextFile(path),
    await Deno.readTextFile(join(whole, "rows.jsonl")),
  );
  await assert.rejects(
    evaluateBenchmarks(few, {
      folder: parts,
      settings: { ...settings, topP: 1 },
      answerer: modelAnswerer(opened),
      executor,
      batch: 2,
    }),
    /settings\.json: topP was 0\.9 and is 1: give another folder/,
  );
  opened.engine.dispose();
});
