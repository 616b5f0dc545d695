/** Contest problems, HumanEval+ and predicted runs: on rows of our own in the public schemas. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import {
  contestCases,
  keptCases,
} from "../../../lib/lab/benchmarks/contest_cases.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import "../../../lib/extras/mod.ts";
import { dialectNamed } from "../../../lib/method/modes/mod.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";

const OWN = new URL("./own", import.meta.url).pathname;
const executor = await startExecutor({ languages: ["python"] });
addEventListener("unload", () => void executor.close());

/** The verdicts on responses to the item of a place. */
async function verdicts(name: string, place: number, responses: string[]) {
  const benchmark = benchmarkNamed(name);
  const item = (await readItems(benchmark, OWN))[place];
  return await benchmark.grade(
    executor,
    responses.map((response) => ({ item, response })),
  );
}

const fenced = (...lines: string[]) =>
  `Sure.\n\`\`\`python\n${lines.join("\n")}\n\`\`\`\nDone.`;

Deno.test("programs that read standard input are held to open and hidden tests", async () => {
  const found = await verdicts("livecodebench", 0, [
    fenced(
      "def main():",
      "    n, xs = int(input()), list(map(int, sys.stdin.read().split()))",
      "    print(sum(xs), end=' \\n')",
      "    print(f'{sum(xs) / n:.2f}' if abs(sum(xs)) < 10**9 else f'{sum(xs)}.0')",
      "if __name__ == '__main__':",
      "    main()",
      "    exit(0)",
    ),
    fenced("print(6)", "print(2.0)"),
    fenced("print(6)"),
    fenced("while True: pass"),
    fenced("print(open('/etc/passwd').read())"),
    "I cannot do that.",
  ]);
  assert.deepEqual(found.map(({ cause }) => cause), [
    "match",
    "different",
    "different",
    "fuel",
    "thrown",
    "noAnswer",
  ]);
  assert.match(found[1].detail, /^case 2 of 4: 6\\n2\.0 instead of 5\\n5\.0$/);
});

Deno.test("numbers are compared digit by digit, however large", async () => {
  const [close] = await verdicts("livecodebench", 0, [
    fenced(
      "n = int(input()); x = int(input().split()[0])",
      "if n == 3: print('6\\n2')",
      "else: print(f'{x}\\n{x + (x > 9)}')",
    ),
  ]);
  assert.match(close.detail, /^case 4 of 4: .*000001 instead of .*000000\.0$/);
});

Deno.test("a method of Solution may return a tuple for a list, and nothing else", async () => {
  const head = ["class Solution:", "    def sumAndProduct(self, numbers):"];
  const found = await verdicts("livecodebench", 1, [
    fenced(...head, "        a, b = numbers", "        return a + b, a * b"),
    fenced(...head, "        return [5, 6]"),
    fenced(...head, "        return {5, 6}"),
    fenced("def other(numbers): return [5, 6]"),
    "<answer>" +
    fenced(...head, "        return [sum(numbers), prod(numbers)]"),
  ]);
  assert.deepEqual(found.map(({ cause }) => cause), [
    "match",
    "different",
    "different",
    "thrown",
    "match",
  ]);
  assert.match(found[1].detail, /^case 2 of 2: \[5,6\] instead of \[4, 0\]/);
});

Deno.test("hidden tests are taken out of a pickle, and nothing is run", async () => {
  const pack = async (...bytes: number[]) => {
    const stream = new Blob([new Uint8Array(bytes)]).stream()
      .pipeThrough(new CompressionStream("deflate"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    return keptCases(packed.toBase64());
  };
  const text = new TextEncoder().encode('[{"input":"1","output":"ü"}]');
  const length = text.length;
  const right = [{ input: "1", output: "ü" }];
  for (
    const pickle of [
      [0x80, 4, 0x95, ...Array(8).fill(0), 0x8c, length, ...text, 0x94, 0x2e],
      [0x80, 3, 0x58, length, 0, 0, 0, ...text, 0x71, 0, 0x2e],
      [0x80, 5, 0x8d, length, ...Array(7).fill(0), ...text, 0x94, 0x2e],
    ]
  ) assert.deepEqual(await contestCases(await pack(...pickle)), right);
  // `os.system("id")` as a pickle, a text that goes on, and one that is cut short.
  const hostile = new TextEncoder().encode("cos\nsystem\n(S'id'\ntR.");
  await assert.rejects(
    contestCases(await pack(...hostile)),
    /packed tests: the pickle holds no text/,
  );
  await assert.rejects(
    contestCases(await pack(0x80, 4, 0x8c, length, ...text, 0x52, 0x2e)),
    /holds more than a text/,
  );
  await assert.rejects(
    contestCases(await pack(0x80, 4, 0x8c, length + 9, ...text, 0x2e)),
    /cut short/,
  );
  assert.throws(() => keptCases("{}"), /neither a JSON list nor base64/);
  await assert.rejects(contestCases('[{"input":1}]'), /no list of input/);
});

/** Writes rows of contests, each with a hidden test of so many characters. */
async function contestsWith(count: number, characters: number) {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "livecodebench.jsonl");
  using file = await Deno.open(path, { write: true, create: true });
  for (let i = 0; i < count; i++) {
    const hidden = [{ input: "ü".repeat(characters), output: `${i}` }];
    const row = {
      question_id: `own_${i}`,
      question_content: "Print the row's number.",
      starter_code: "",
      metadata: "{}",
      public_test_cases: "[]",
      private_test_cases: JSON.stringify(hidden),
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(row)}\n`);
    for (let at = 0; at < bytes.length;) {
      at += file.writeSync(bytes.subarray(at));
    }
  }
  return { folder, path };
}

Deno.test("hidden tests stay in their file until they are needed", async () => {
  const { folder, path } = await contestsWith(3, 100_000);
  const benchmark = benchmarkNamed("livecodebench");
  const items = await readItems(benchmark, folder);
  assert.ok(JSON.stringify(items).length < 2000);
  const attempts = items.map((item, i) => ({
    item,
    response: fenced(`print(${Math.min(i, 1)})`),
  }));
  const causes = (await benchmark.grade(executor, attempts.slice(1)))
    .map(({ cause }) => cause);
  assert.deepEqual(causes, ["match", "different"]);
  await Deno.writeTextFile(path, "other\n");
  await assert.rejects(
    benchmark.grade(executor, attempts),
    /livecodebench\.jsonl: the row at byte 0 is not as it was read before/,
  );
});

Deno.test({
  name: "300 MB of hidden tests take no such memory",
  ignore: Deno.env.get("AZR_BENCHMARKS") === undefined,
  async fn() {
    const { folder, path } = await contestsWith(40, 4_000_000);
    const before = Deno.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, Deno.memoryUsage().rss - before);
    }, 10);
    const items = await readItems(benchmarkNamed("livecodebench"), folder);
    clearInterval(watch);
    const { size } = await Deno.stat(path);
    console.log(`${size} bytes of file, ${most} bytes more at most`);
    assert.ok(size > 300e6);
    assert.equal(items.length, 40);
    assert.ok(most < 200e6);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("a contest's run is asked with f, positional arguments and its imports", async () => {
  const benchmark = benchmarkNamed("livecodebench-execution");
  const [first, second] = await readItems(benchmark, OWN);
  const { text } = benchmark.prompt(first, null);
  assert.match(
    text,
    /from collections import Counter\nfrom typing import List/,
  );
  assert.match(text, /\ndef f\(words: List\[str\], least: int\) -> int:/);
  assert.match(text, /```input\n\["owl", "heron, \(= 2\)"\], 3\n```/);
  assert.match(benchmark.prompt(second, null).text, /\n\nf = halves\n```/);
  const inCode = benchmark.inDialect!(dialectNamed("code"));
  assert.match(inCode.prompt(second, null).text, /assert f\(4\) ==$/);
  const [right, wrong] = await inCode.grade(executor, [
    { item: second, response: " 3.0\nassert f(1)" },
    { item: second, response: " 2.5\n" },
  ]);
  assert.deepEqual([right.cause, wrong.cause], ["match", "different"]);
});

Deno.test("any root counts for find_zero, and a near miss does not", async () => {
  const found = await verdicts("humanevalplus", 1, [
    "    return 2.0 if xs[0] == -4 else 1.0\n",
    "    return -2 if xs[0] == -4 else 2\n",
    "    return 2.0 if xs[0] == -4 else 1.1\n",
    "    return None\n",
  ]);
  assert.deepEqual(found.map(({ cause }) => cause), [
    "match",
    "match",
    "different",
    "different",
  ]);
  assert.match(
    found[2].detail,
    /^case 2 of 2, .*1\.1 is no root: poly gives -0\.0/,
  );
});

Deno.test("rows of other schemas are refused by field", async () => {
  const cases = [
    ["livecodebench", {
      question_content: "q",
      starter_code: "class",
      metadata: "{}",
    }, /"metadata" has no "func_name"/],
    ["livecodebench", {
      question_content: "q",
      starter_code: "",
      metadata: "{}",
    }, /"public_test_cases" is missing/],
    ["livecodebench-execution", {
      id: "a",
      function_name: "g",
      code: "def h(): pass",
    }, /"code" has no function "g"/],
    ["livecodebench-execution", {
      id: "a",
      function_name: "g",
      code: "def g(): pass",
      input: "1",
    }, /"input" is no call/],
    ["humanevalplus", {
      prompt: "p",
      canonical_solution: "s",
      task_id: "HumanEval/0",
      entry_point: "f",
      test: "",
    }, /"base_input" is missing/],
    [
      "mmlu-pro",
      { options: ["a", "b"], answer: "C" },
      /"answer" is "C" and no letter of "options"/,
    ],
    ["minerva", { problem: "p", solution: "5" }, /"solution" has no \\boxed/],
    ["olympiadbench", { final_answer: "5" }, /"final_answer" is not a list/],
  ] as const;
  for (const [name, row, message] of cases) {
    const benchmark = benchmarkNamed(name);
    const folder = await Deno.makeTempDir();
    const file = join(folder, benchmark.files[0]);
    await Deno.writeTextFile(file, JSON.stringify(row));
    await assert.rejects(readItems(benchmark, folder), message);
  }
});
