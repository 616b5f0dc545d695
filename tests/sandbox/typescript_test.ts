/** TypeScript: types are taken away in the child, and only types. */

import assert from "node:assert/strict";

import { type Job, startExecutor } from "../../lib/sandbox/mod.ts";

const typescript = (source: string, argument = "7"): Job => ({
  program: { language: "typescript", source },
  argument,
});

const STRIPPED: [source: string, literal: string][] = [
  ["function f(x: number): number { return x * 2 }", "14"],
  ["const f = <T,>(x: T): T[] => [x, x!] as T[]", "[7,7]"],
  [
    "interface P { a: number }\ntype Q = P | null;\nfunction f(x: number): Q { return { a: x } satisfies P }",
    '{"a":7}',
  ],
  [
    "abstract class A { abstract g(): number; protected readonly v?: number = 3 }\nclass B extends A { g() { return this.v! } }\nfunction f(x: unknown) { return new B().g() }",
    "3",
  ],
  [
    "function f(x: number): string;\nfunction f(x: string): string;\nfunction f(x: any) { return `${x as number}` }",
    '"7"',
  ],
  ["x => x + 1", "8"],
  [
    "function f(this: void, x: number, ...rest: string[]) { return rest.length + x }",
    "7",
  ],
  [
    "declare const g: number;\nlet h = (x: number | undefined) => x ?? 0;\nconst f = (x: number) => h(x)",
    "7",
  ],
];

const REFUSED: [source: string, message: RegExp][] = [
  ["enum A { B } const f = () => A.B", /enum/],
  ["namespace N { export const a = 1 } const f = () => N.a", /namespace/],
  [
    "class P { constructor(private x: number) {} } const f = () => 1",
    /parameter property/,
  ],
  ["function f(x) { return <number>x }", /angle-bracket/],
  ["function f(x: number { return 1 }", /Expected/],
];

Deno.test("types are stripped, and what is more than a type is refused by name", async () => {
  await using executor = await startExecutor({
    languages: ["typescript", "javascript"],
  });
  assert.ok(
    executor.identity.engines.stripper,
    "the stripper is part of the identity",
  );
  for (const [source, literal] of STRIPPED) {
    const outcome = await executor.run(typescript(source));
    assert.equal(
      outcome.kind,
      "value",
      `${source}: ${JSON.stringify(outcome)}`,
    );
    assert.equal(outcome.literal, literal);
  }
  for (const [source, message] of REFUSED) {
    const outcome = await executor.run(typescript(source));
    assert.equal(outcome.kind, "syntax", source);
    assert.match(outcome.message, message);
  }
});

Deno.test("a source that overflows the stripper stays in the child and harms no neighbour", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["typescript"],
    limits: { fuel: 20_000_000 },
  });
  const neighbour = typescript("function f(x: number) { return x }");
  const nested: string[] = [
    `function f() { return ${"(".repeat(15000)}1${")".repeat(15000)} }`,
    `const f = () => ${"[".repeat(15000)}${"]".repeat(15000)}`,
    `const f = () => ${"!".repeat(30000)}1`,
    `let a: ${"A<".repeat(9000)}B${">".repeat(9000)}; const f = () => 1`,
    `let a: ${"(".repeat(15000)}B${")".repeat(15000)}; const f = () => 1`,
    `${"{".repeat(15000)}${"}".repeat(15000)} const f = () => 1`,
    "`${".repeat(8000) + "1" + "}`".repeat(8000),
    "()=>{".repeat(6000),
    "a" + "<".repeat(20000),
    "/".repeat(20000),
    `const f = () => 1${"+1".repeat(15000)}`,
    `const f = () => ${"1?".repeat(8000)}1${":1".repeat(8000)}`,
  ];
  const outcomes = await executor.runMany(
    nested.flatMap((source) => [neighbour, typescript(source), neighbour]),
  );
  outcomes.forEach((outcome, i) => {
    if (i % 3 === 1) assert.notEqual(outcome.kind, "infrastructure");
    else {assert.equal(
        outcome.kind === "value" && outcome.literal,
        "7",
        `job ${i}`,
      );}
  });
  assert.equal(executor.restarts, 0);
});
