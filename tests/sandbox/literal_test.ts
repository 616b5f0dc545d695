/** JavaScript literals: three readers agree, nothing else is accepted, texts round-trip. */

import assert from "node:assert/strict";

import {
  parseArguments,
  parseLiteral,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import { defaultLimits } from "../../lib/sandbox/limits.ts";
import {
  type DataObject,
  type DataValue,
  parseJavaScriptLiteral,
  printJavaScript,
} from "../../lib/sandbox/literals/literal_javascript.ts";
import { type RandomStream, randomStream } from "../../lib/random.ts";

/** Text, and its canonical text. */
const VECTORS: [text: string, canonical: string][] = [
  ["1", "1"],
  ["-0", "-0"],
  ["0", "0"],
  ["1e21", "1e+21"],
  ["1e-7", "1e-7"],
  ["0.1", "0.1"],
  ["-1.5e300", "-1.5e+300"],
  ["5e-324", "5e-324"],
  ["NaN", "NaN"],
  ["Infinity", "Infinity"],
  ["-Infinity", "-Infinity"],
  ["123n", "123n"],
  [
    "-170141183460469231731687303715884105728n",
    "-170141183460469231731687303715884105728n",
  ],
  ["0xffn", "255n"],
  ["''", '""'],
  ['"a\\u0000b"', '"a\\u0000b"'],
  ["'\\ud800'", '"\\ud800"'],
  ["'é𝒳'", '"é𝒳"'],
  ["`x`", '"x"'],
  ["[1,,2]", "[1,undefined,2]"],
  ["[]", "[]"],
  ["[[],[[]]]", "[[],[[]]]"],
  ["{}", "{}"],
  ["{a:1,b:{c:[1]}}", '{"a":1,"b":{"c":[1]}}'],
  ["{b:1,a:2}", '{"a":2,"b":1}'],
  ["{2:1,1:2,x:3}", '{"1":2,"2":1,"x":3}'],
  ['{["__proto__"]:1}', '{["__proto__"]:1}'],
  ["{constructor:1}", '{"constructor":1}'],
  ["new Map([[1,2],['a',[1]]])", 'new Map([["a",[1]],[1,2]])'],
  ["new Map([['a',[1]],[1,2]])", 'new Map([["a",[1]],[1,2]])'],
  ["new Set([3,1,2])", "new Set([1,2,3])"],
  ["new Set([2,3,1])", "new Set([1,2,3])"],
  ["new Set([-0])", "new Set([0])"],
  ["new Map()", "new Map([])"],
  ["undefined", "undefined"],
  ["null", "null"],
  ["true", "true"],
  ["[undefined,null,NaN]", "[undefined,null,NaN]"],
  ["{a:undefined}", '{"a":undefined}'],
  ["9007199254740993", "9007199254740992"],
  ["[1,2,]", "[1,2]"],
  ["2147483648", "2147483648"],
  ["-2147483649", "-2147483649"],
  ["1_000", "1000"],
  ["{length:1,name:'x'}", '{"length":1,"name":"x"}'],
  ["'\\x41\\u{1F600}\\\n\\'\\q\\0'", '"A😀\'q\\u0000"'],
  ["new Map([[1,2],[1,3],[NaN,1],[NaN,2]])", "new Map([[1,3],[NaN,2]])"],
  ["0b101", "5"],
  ["-.5e-3", "-0.0005"],
];

const INJECTIONS = [
  "f()",
  "a",
  "1+1",
  "(()=>1)()",
  "[...x]",
  "{get a(){return 1}}",
  "new Date()",
  "`${1}`",
  "1) || (true",
  "x=>x",
  "{a}",
  "[1",
  "'\\u{110000}'",
  "1n.x",
  "new Map([1])",
  "[".repeat(500),
  "{['a'+'b']:1}",
  "{[x]:1}",
  "{a(){}}",
  "this",
  "globalThis",
  "/a/",
  "1;2",
  "1/*",
  "1/2",
  "--1",
  "-'a'",
  "+1n",
  "01",
  "1__0",
  "1_",
  "0x",
  "1e",
  "1.2.3",
  "'a\nb'",
  "'\\1'",
  "'\\08'",
  "'\\u12'",
  "{a:1}b",
  "[1 2]",
  "Infinityy",
  "nan",
  "new Set(1)",
  "new WeakMap()",
  "NaN()",
  "{async a(){}}",
  "{*a(){}}",
  "function(){}",
  "1,",
  "",
];

Deno.test("a literal means the same to the parser, to the engine as an argument, and as code", async () => {
  assert.ok(VECTORS.length >= 45);
  await using executor = await startExecutor();
  const echo = {
    language: "javascript" as const,
    source: "function f(x){return x}",
  };
  const echoed = await executor.runMany(
    VECTORS.map(([text]) => ({ program: echo, argument: text })),
  );
  const native = await executor.runMany(VECTORS.map(([text]) => ({
    program: {
      language: "javascript",
      source: `function f(){return (${text})}`,
    },
    argument: "",
  })));
  VECTORS.forEach(([text, canonical], i) => {
    const parsed = parseLiteral(text, "javascript");
    assert.ok(parsed.ok, text);
    assert.equal(parsed.canonical, canonical, text);
    for (const outcome of [echoed[i], native[i]]) {
      assert.equal(outcome.kind, "value", text);
      assert.equal(outcome.literal, parsed.literal, text);
      assert.equal(outcome.canonical, canonical, text);
    }
  });
});

Deno.test("what is not a literal is refused with a reason", () => {
  for (const text of INJECTIONS) {
    const parsed = parseLiteral(text, "javascript");
    if (text === "1,") assert.ok(parsed.ok, "a trailing comma is allowed");
    else assert.ok(!parsed.ok && parsed.reason.length > 0, text);
  }
});

Deno.test("what equals what", () => {
  const canonical = (text: string) => {
    const parsed = parseLiteral(text, "javascript");
    assert.ok(parsed.ok, text);
    return parsed.canonical;
  };
  const equal = [
    ["NaN", "NaN"],
    ["[,]", "[undefined]"],
    ["{a:1,b:2}", "{b:2,a:1}"],
    ["new Set([1,2])", "new Set([2,1,1])"],
    ["1.0", "1"],
    ["'a'", '"\\u0061"'],
    ["{a:1,a:2}", "{a:2}"],
    ["{1:0}", "{'1':0}"],
    [
      "new Map([[{b:1,a:2},new Set([2,1])]])",
      "new Map([[{a:2,b:1},new Set([1,2])]])",
    ],
  ];
  const different = [
    ["0", "-0"],
    ["1", "1n"],
    ["1", "'1'"],
    ["{a:undefined}", "{}"],
    ["[1,2]", "[2,1]"],
    ["new Map()", "{}"],
    ["new Set([1])", "[1]"],
    ["null", "undefined"],
    ["[1]", "{0:1}"],
    ["true", "1"],
    ["0.1", "0.10000000000000002"],
    ["{['__proto__']:1}", "{}"],
    ["['a,b']", "['a','b']"],
    ["'[1]'", "[1]"],
  ];
  for (const [a, b] of equal) {
    assert.equal(canonical(a), canonical(b), `${a} = ${b}`);
  }
  for (const [a, b] of different) {
    assert.notEqual(canonical(a), canonical(b), `${a} ≠ ${b}`);
  }
});

Deno.test("an argument list keeps its parts", () => {
  const parsed = parseArguments(" [1, 2] , {b:1,a:2}, 'x,y' ", "javascript");
  assert.deepEqual(parsed, {
    ok: true,
    literal: '[1,2],{"b":1,"a":2},"x,y"',
    canonical: '[1,2],{"a":2,"b":1},"x,y"',
    literals: ["[1,2]", '{"b":1,"a":2}', '"x,y"'],
    count: 3,
  });
  assert.deepEqual(parseArguments("", "javascript"), {
    ok: true,
    literal: "",
    canonical: "",
    literals: [],
    count: 0,
  });
});

Deno.test("comments are no part of a value", () => {
  const texts = ["1//2", "/*0*/1", " [1, // one\n 2] /* all */", "'//'"];
  const literals = texts.map((text) => {
    const parsed = parseLiteral(text, "javascript");
    return parsed.ok && parsed.literal;
  });
  assert.deepEqual(literals, ["1", "1", "[1,2]", '"//"']);
  const broken = parseLiteral("[1 2]", "javascript");
  assert.match(broken.ok ? "" : broken.reason, /expected "," or "]"/);
});

Deno.test("limits are named in the reason", () => {
  const limits = { literalChars: 20, valueNodes: 4, valueDepth: 2 };
  const reason = (text: string) => {
    const parsed = parseLiteral(text, "javascript", limits);
    assert.ok(!parsed.ok, text);
    return parsed.reason;
  };
  assert.match(reason('"aaaaaaaaaaaaaaaaaaaaaaa"'), /20 characters/);
  assert.match(reason("[1,1,1,1]"), /4 values/);
  assert.match(reason("[,,,,,]"), /4 values/);
  assert.match(reason("[[[1]]]"), /deeper than 2/);
  assert.ok(parseLiteral("[1,1,1]", "javascript", limits).ok);
});

const CHARACTERS = [
  "a",
  "é",
  "😀",
  "\ud800",
  "\0",
  "\n",
  "'",
  '"',
  "`",
  "\\",
  "${",
  "\u2028",
  "_",
  "1",
];

function randomText(random: RandomStream): string {
  return Array.from(
    { length: random.integer(0, 5) },
    () => random.choice(CHARACTERS),
  )
    .join("");
}

function randomNumber(random: RandomStream): number {
  const special = [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    5e-324,
  ];
  if (random.next() < 0.3) return random.choice(special);
  return random.next() < 0.5
    ? random.integer(-1000, 1000)
    : random.normal() * 10 ** random.integer(-300, 300);
}

function randomValue(random: RandomStream, depth: number): DataValue {
  const kind = random.integer(0, depth > 3 ? 5 : 9);
  const some = <T>(make: () => T) =>
    Array.from({ length: random.integer(0, 4) }, make);
  switch (kind) {
    case 0:
      return random.choice([null, undefined, true, false]);
    case 1:
    case 2:
      return randomNumber(random);
    case 3:
      return BigInt(random.integer(-1000, 1000)) **
        BigInt(random.integer(0, 9));
    case 4:
    case 5:
      return randomText(random);
    case 6:
      return some(() => randomValue(random, depth + 1));
    case 7: {
      const object: DataObject = Object.create(null);
      for (
        const key of some(() =>
          random.choice(["__proto__", "7", "length", randomText(random)])
        )
      ) {
        object[key] = randomValue(random, depth + 1);
      }
      return object;
    }
    case 8:
      return new Map(
        some(
          () => [
            randomValue(random, depth + 1),
            randomValue(random, depth + 1),
          ],
        ),
      );
    default:
      return new Set(some(() => randomValue(random, depth + 1)));
  }
}

Deno.test("every value survives printing and parsing, and the canonical text is a fixed point", () => {
  for (let i = 0; i < 3000; i++) {
    const value = randomValue(randomStream(1, "literal", i), 0);
    const printed = printJavaScript(value, defaultLimits);
    const again = printJavaScript(
      parseJavaScriptLiteral(printed.literal, defaultLimits),
      defaultLimits,
    );
    assert.deepEqual(again, printed);
    const canonical = printJavaScript(
      parseJavaScriptLiteral(printed.canonical, defaultLimits),
      defaultLimits,
    );
    assert.equal(canonical.canonical, printed.canonical);
  }
});

Deno.test("every value survives the way into the guest and out of it", async () => {
  await using executor = await startExecutor();
  const echo = { language: "javascript" as const, source: "x=>x" };
  const texts = Array.from(
    { length: 1500 },
    (_, i) =>
      printJavaScript(
        randomValue(randomStream(2, "echo", i), 0),
        defaultLimits,
      ),
  );
  const outcomes = await executor.runMany(
    texts.map(({ literal }) => ({ program: echo, argument: literal })),
  );
  outcomes.forEach((outcome, i) => {
    assert.equal(outcome.kind, "value", texts[i].literal);
    assert.equal(outcome.literal, texts[i].literal);
    assert.equal(outcome.canonical, texts[i].canonical);
  });
});

Deno.test("random text is parsed or refused, and nothing else happens", () => {
  const pieces = [
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "1",
    "-",
    "n",
    "'",
    '"',
    "`",
    "\\",
    "u",
    "a",
    "new ",
    "Map(",
    "Set(",
    ")",
    ".",
    "e",
    "_",
    " ",
    "${",
    "x",
  ];
  for (let i = 0; i < 20_000; i++) {
    const random = randomStream(3, "noise", i);
    const text = Array.from(
      { length: random.integer(1, 12) },
      () => random.choice(pieces),
    ).join("");
    const parsed = parseLiteral(text, "javascript");
    if (parsed.ok) {
      const again = parseLiteral(parsed.literal, "javascript");
      assert.ok(again.ok && again.canonical === parsed.canonical, text);
    }
  }
});
