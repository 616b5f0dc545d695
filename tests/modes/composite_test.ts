import assert from "node:assert/strict";
import { startExecutor } from "../../lib/executor/mod.ts";
import { checkParts, composeProgram } from "../../lib/modes/mod.ts";

const javascript = (source: string) => ({
  language: "javascript" as const,
  source,
});

Deno.test("parts are renamed, declarations and lone expressions alike, and run", async () => {
  const source = composeProgram(
    [
      javascript("function f(x) { return x < 2 ? x : f(x - 1) + 1; }"),
      javascript("x=>x*2"),
      javascript("const f = ([first]) => first;"),
    ],
    "function f(x) { return [g_0(x), g_1(x), g_2([x])]; }",
  );
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const outcome = await executor.run({
    program: javascript(source),
    argument: "4",
  });
  assert.equal(outcome.kind === "value" && outcome.literal, "[4,8,4]");
});

Deno.test("Python parts keep their f-strings", () => {
  const source = composeProgram(
    [
      { language: "python", source: "def f(a):\n    return f'{a}' + str(x.f)" },
      { language: "python", source: "lambda a: a + 1" },
    ],
    "def f(a):\n    return g_0(g_1(a))",
  );
  assert.equal(
    source,
    "def g_0(a):\n    return f'{a}' + str(x.f)\n" +
      "g_1 = (lambda a: a + 1)\n" +
      "def f(a):\n    return g_0(g_1(a))",
  );
});

Deno.test("a part that is not called, or is defined again, is named", () => {
  assert.equal(checkParts(2, "function f(x) { return g_0(g_1(x)); }"), null);
  assert.equal(checkParts(2, "function f(x) { return g_0(x); }"), "partUnused");
  assert.equal(
    checkParts(1, "const g_0 = x => x; const f = x => g_0(x);"),
    "partRedefined",
  );
  assert.equal(
    checkParts(1, "g_0 = abs\ndef f(a):\n    return g_0(a)"),
    "partRedefined",
  );
  assert.equal(checkParts(1, "def f(a):\n    return g_0(a) == 1"), null);
  assert.equal(checkParts(0, "x=>x"), null);
});
