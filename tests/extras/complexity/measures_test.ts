/** The measures on programs small enough to count by hand. */

import assert from "node:assert/strict";

import { measureComplexity } from "../../../lib/extras/complexity/measure.ts";
import {
  officialComplexityScore,
  officialEditDistance,
  officialHalsteadScore,
} from "../../../lib/extras/complexity/official.ts";
import type { Language, Program } from "../../../lib/sandbox/mod.ts";

function program(language: Language, source: string): Program {
  return { language, source };
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

Deno.test("lines: only those on which code begins", () => {
  const python =
    "# a comment\n\ndef f(x):\n    y = '''a\nb'''\n    # more\n    return x  # end\n";
  assert.equal(measureComplexity(program("python", python)).lines, 3);
  const javascript =
    "// a comment\nfunction f(x) {\n\n  /* more */\n  return x;\n}\n";
  assert.equal(measureComplexity(program("javascript", javascript)).lines, 3);
});

Deno.test("cyclomatic: one more than the decisions", () => {
  const python = `def f(a):
    if a and a[0] or not a:      # if, and, or
        return 1
    elif a == 2:                 # elif
        return [i for i in a if i]   # for, if
    else:
        assert a
    for i in a:                  # for
        pass
    else:
        pass
    while a:                     # while
        try:
            pass
        except ValueError:       # except
            pass
        finally:
            pass
    match a:
        case 1:                  # case
            pass
        case _:
            pass
    return 1 if a else 2         # conditional expression
`;
  const measured = measureComplexity(program("python", python));
  assert.equal(measured.cyclomatic, 12);
  assert.equal(measured.largestCyclomatic, 12);
  const javascript = `function f(a) {
    const g = x => x ? 1 : 2;    // conditional expression, in g
    switch (a) { case 1: case 2: return a?.b; default: }   // case, case
    for (const x of a) if (x && a || x) break;   // for, if, &&, ||
    do { a ??= a ?? 1; } while (a);              // do, ??
    try { g(); } catch { return; } finally { g(); }   // catch
  }`;
  const other = measureComplexity(program("javascript", javascript));
  assert.equal(other.cyclomatic, 11);
  assert.equal(other.largestCyclomatic, 10);
});

Deno.test("cyclomatic: a program without decisions has one path", () => {
  for (
    const [language, source] of [["python", "lambda x: x"], [
      "javascript",
      "x=>x",
    ]] as const
  ) {
    const measured = measureComplexity(program(language, source));
    assert.equal(measured.cyclomatic, 1);
    assert.equal(measured.largestCyclomatic, 1);
  }
});

function cognitive(language: Language, source: string): number {
  return measureComplexity(program(language, source)).cognitive;
}

Deno.test("cognitive: the worked examples of the rules' paper", () => {
  const sumOfPrimes = `function sumOfPrimes(max) {
    let total = 0;
    OUT: for (let i = 1; i <= max; ++i) {   // +1
      for (let j = 2; j < i; ++j) {         // +2
        if (i % j === 0) {                  // +3
          continue OUT;                     // +1
        }
      }
      total += i;
    }
    return total;
  }`;
  assert.equal(cognitive("javascript", sumOfPrimes), 7);
  const getWords = `function getWords(number) {
    switch (number) {                       // +1
      case 1: return "one";
      case 2: return "a couple";
      case 3: return "a few";
      default: return "lots";
    }
  }`;
  assert.equal(cognitive("javascript", getWords), 1);
  const myMethod = `function myMethod() {
    try {
      if (condition1) {                     // +1
        for (let i = 0; i < 10; i++) {      // +2
          while (condition2) { }            // +3
        }
      }
    } catch (error) {                       // +1
      if (condition2) { }                   // +2
    }
  }`;
  assert.equal(cognitive("javascript", myMethod), 9);
  const nestedFunction = `function myMethod2() {
    const r = () => {
      if (condition1) { }                   // +2
    };
  }`;
  assert.equal(cognitive("javascript", nestedFunction), 2);
});

Deno.test("cognitive: runs of logical operators, else branches, recursion", () => {
  assert.equal(cognitive("javascript", "x=>a&&b&&c"), 1);
  assert.equal(cognitive("javascript", "x=>a&&b||c&&d"), 3);
  assert.equal(cognitive("javascript", "x=>a&&(b&&c)"), 1);
  assert.equal(cognitive("javascript", "x=>a&&!(b&&c)"), 2);
  assert.equal(cognitive("javascript", "x=>a??b"), 0);
  assert.equal(cognitive("javascript", "x=>a?b:c?d:e"), 3);
  const chain = "function f(x){if(x){}else if(x){}else{}}"; // 1 + 1 + 1
  assert.equal(cognitive("javascript", chain), 3);
  const nested = "function f(x){if(x){if(x){}else{}}}"; // 1 + 2 + 1
  assert.equal(cognitive("javascript", nested), 4);
  const fibonacci = `def f(n):
    if n < 2:                 # +1
        return n
    return f(n - 1) + f(n - 2)
`; // and one for calling itself
  assert.equal(cognitive("python", fibonacci), 2);
  const python = `def f(a):
    for x in a:               # +1
        if x and a:           # +2, +1 for the operator
            continue
        elif x:               # +1
            break
        else:                 # +1
            pass
    else:                     # +1
        pass
    try:
        pass
    except KeyError:          # +1
        while a:              # +2
            pass
    else:                     # +1
        pass
    return lambda q: 1 if q else 2   # +2: inside a lambda inside f
`;
  assert.equal(cognitive("python", python), 13);
});

Deno.test("Halstead: tokens counted by hand", () => {
  // Operators: def ( return + ; operands: f x x 1.
  const { halstead } = measureComplexity(
    program("python", "def f(x):\n    return x + 1"),
  );
  assert.deepEqual(
    [
      halstead.distinctOperators,
      halstead.distinctOperands,
      halstead.operators,
      halstead.operands,
    ],
    [4, 3, 4, 4],
  );
  near(halstead.volume, 8 * Math.log2(7));
  near(halstead.difficulty, 4 / 2 * (4 / 3));
  near(halstead.effort, 4 / 2 * (4 / 3) * 8 * Math.log2(7));
  // Operators: => * + ( ; operands: x x 2 g x.
  const other =
    measureComplexity(program("javascript", "x=>x*2+g(x)")).halstead;
  assert.deepEqual(
    [
      other.distinctOperators,
      other.distinctOperands,
      other.operators,
      other.operands,
    ],
    [4, 3, 4, 5],
  );
});

Deno.test("a program nested without end is measured to a depth, and ends nothing", () => {
  const nest = (open: string, close: string, n: number) =>
    open.repeat(n) + "x" + close.repeat(n);
  const hostile: [Language, string][] = [
    ["javascript", `x=>${nest("!(", ")", 4000)}`],
    ["javascript", `x=>{${nest("if(x){", "}", 4000)}}`],
    ["javascript", `x=>${"x+".repeat(4000)}x`],
    ["python", `def f(x):\n    return ${nest("[", "]", 4000)}`],
    ["python", `def f(x):\n    return ${"x and ".repeat(4000)}x`],
  ];
  for (const [language, source] of hostile) {
    const { halstead, cognitive } = measureComplexity(
      program(language, source),
    );
    assert.ok(halstead.volume > 0, source.slice(0, 30));
    assert.ok(Number.isFinite(cognitive));
    assert.ok(officialComplexityScore(program(language, source)) >= 0);
    assert.ok(officialHalsteadScore(program(language, source)) >= 0);
    const distance = officialEditDistance(
      program(language, source),
      program(language, "x"),
    );
    assert.ok(distance > 0 && distance <= 1);
  }
});
