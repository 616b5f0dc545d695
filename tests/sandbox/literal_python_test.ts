/** Python literals: what is accepted, how it prints, what equals what. */

import assert from "node:assert/strict";

import { defaultLimits } from "../../lib/sandbox/limits.ts";
import { parseArguments, parseLiteral } from "../../lib/sandbox/mod.ts";
import { parsePythonLiteral } from "../../lib/sandbox/literals/literal_python.ts";
import { printPython } from "../../lib/sandbox/literals/python_print.ts";
import {
  PythonBytes,
  PythonComplex,
  PythonDict,
  PythonSet,
  PythonTuple,
  type PythonValue,
} from "../../lib/sandbox/literals/python_value.ts";
import { type RandomStream, randomStream } from "../../lib/random.ts";

/** Text, and its literal: CPython's repr without the spaces. */
const VECTORS: [text: string, literal: string][] = [
  ["1", "1"],
  ["-0", "0"],
  ["007", ""],
  ["00", "0"],
  ["1_000", "1000"],
  ["0xFF", "255"],
  ["0o17", "15"],
  ["0b101", "5"],
  ["-5", "-5"],
  ["- 5", "-5"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["1.0", "1.0"],
  ["1.", "1.0"],
  [".5", "0.5"],
  ["1e5", "100000.0"],
  ["1e16", "1e+16"],
  ["1e15", "1000000000000000.0"],
  ["1e22", "1e+22"],
  ["123456789012345680.0", "1.2345678901234568e+17"],
  ["0.0001", "0.0001"],
  ["0.00001", "1e-05"],
  ["1.5e-300", "1.5e-300"],
  ["-0.0", "-0.0"],
  ["0.1", "0.1"],
  ["5e-324", "5e-324"],
  ["100.0", "100.0"],
  ["123.456", "123.456"],
  ["nan", "nan"],
  ["inf", "inf"],
  ["-inf", "-inf"],
  ["float('nan')", "nan"],
  ["float('-inf')", "-inf"],
  ['float("inf")', "inf"],
  ["1j", "1j"],
  ["1+2j", "(1+2j)"],
  ["(1-2j)", "(1-2j)"],
  ["-2.5j", "-2.5j"],
  ["None", "None"],
  ["True", "True"],
  ["False", "False"],
  ["''", "''"],
  ['"a"', "'a'"],
  ["'it\\'s'", '"it\'s"'],
  ["'\"\\''", "'\"\\''"],
  ["'a' 'b'", "'ab'"],
  ["'''a\nb'''", "'a\\nb'"],
  ["r'\\n'", "'\\\\n'"],
  ["u'x'", "'x'"],
  ["'\\x41\\u00e9\\U0001F600'", "'Aé😀'"],
  ["'\\101\\0'", "'A\\x00'"],
  ["'\\q'", "'\\\\q'"],
  ["'\\a\\v'", "'\\x07\\x0b'"],
  ["'\\\n'", "''"],
  ["'\\u2028\\xa0\\xad'", "'\\u2028\\xa0\\xad'"],
  ["b'ab'", "b'ab'"],
  ["b'\\xff\\u'", "b'\\xff\\\\u'"],
  ["rb'\\n'", "b'\\\\n'"],
  ["[]", "[]"],
  ["[1, 2,]", "[1,2]"],
  ["()", "()"],
  ["(1,)", "(1,)"],
  ["(1)", "1"],
  ["(1, 2)", "(1,2)"],
  ["1, 2", "(1,2)"],
  ["1,", "(1,)"],
  ["((1))", "1"],
  ["{}", "{}"],
  ["{'b': 1, 'a': [2]}", "{'b':1,'a':[2]}"],
  ["{1, 2}", "{1,2}"],
  ["set()", "set()"],
  ["set([2,1,2])", "{2,1}"],
  ["frozenset()", "frozenset()"],
  ["frozenset({1})", "frozenset({1})"],
  ["{1: 'a', True: 'b', 1.0: 'c'}", "{1:'c'}"],
  ["{(1, 2): 3}", "{(1,2):3}"],
  ["{1, 1.0, True}", "{1}"],
];

const REFUSED = [
  "f()",
  "x",
  "1+1",
  "1 if True else 2",
  "[x for x in y]",
  "lambda: 1",
  "f'a'",
  "'\\ud800'",
  "'\\N{DASH}'",
  "__import__('os')",
  "[1",
  "(1",
  "{1:2,3}",
  "{1,2:3}",
  "{[1]}",
  "{{}}",
  "{[1]:2}",
  "1 2",
  "'a",
  "'a\nb'",
  "b'é'",
  "'a' b'b'",
  "-'a'",
  "not True",
  "*[1]",
  "{**{}}",
  "float('1')",
  "set(1)",
  "int('1')",
  "1__0",
  "1_",
  "0x",
  "1e",
  "",
  "0) or (True",
  "None()",
  "1j+2",
  "1+2",
  "Nones",
  "..",
  "'\\x4'",
  "{set()}",
  "b'\\400'x",
];

Deno.test("Python literals are read and printed as Python reads and prints them", () => {
  for (const [text, literal] of VECTORS) {
    const parsed = parseLiteral(text, "python");
    if (literal === "") assert.ok(!parsed.ok, text);
    else assert.deepEqual([parsed.ok && parsed.literal, text], [literal, text]);
  }
});

Deno.test("what is not a Python literal is refused with a reason", () => {
  for (const text of REFUSED) {
    const parsed = parseLiteral(text, "python");
    assert.ok(!parsed.ok && parsed.reason.length > 0, text);
  }
});

Deno.test("what equals what in Python", () => {
  const canonical = (text: string) => {
    const parsed = parseLiteral(text, "python");
    assert.ok(parsed.ok, text);
    return parsed.canonical;
  };
  const equal = [
    ["nan", "float('nan')"],
    ["{1,2}", "{2,1}"],
    ["{'a':1,'b':2}", "{'b':2,'a':1}"],
    ["'a'", '"a"'],
    ["0x10", "16"],
    ["1e2", "100.0"],
    ["frozenset([2,1])", "frozenset({1,2})"],
    ["[{3,1,2}]", "[{2,3,1}]"],
  ];
  const different = [
    ["1", "1.0"],
    ["1", "True"],
    ["0", "False"],
    ["[1]", "(1,)"],
    ["{1}", "frozenset({1})"],
    ["0.0", "-0.0"],
    ["'a'", "b'a'"],
    ["{}", "set()"],
    ["[1,2]", "[2,1]"],
    ["'1'", "1"],
    ["(1,)", "1"],
    ["None", "'None'"],
  ];
  for (const [a, b] of equal) {
    assert.equal(canonical(a), canonical(b), `${a} = ${b}`);
  }
  for (const [a, b] of different) {
    assert.notEqual(canonical(a), canonical(b), `${a} ≠ ${b}`);
  }
});

Deno.test("a Python argument list keeps its parts", () => {
  const parsed = parseArguments("[1, 2], (3,), {'a': None}", "python");
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.literals, ["[1,2]", "(3,)", "{'a':None}"]);
});

function randomPython(random: RandomStream, depth: number): PythonValue {
  const some = <T>(make: () => T) =>
    Array.from({ length: random.integer(0, 4) }, make);
  const text = () =>
    some(() =>
      random.choice([
        "a",
        "é",
        "😀",
        "\0",
        "\n",
        "'",
        '"',
        "\\",
        "\u2028",
        "\xa0",
        "{",
      ])
    ).join("");
  const key = () =>
    random.choice([
      random.integer(-3, 3) > 0,
      BigInt(random.integer(-3, 3)),
      text(),
      null,
      0.5,
    ]);
  switch (random.integer(0, depth > 3 ? 6 : 11)) {
    case 0:
      return random.choice([null, true, false]);
    case 1:
      return BigInt(random.integer(-1e6, 1e6)) ** BigInt(random.integer(0, 7));
    case 2:
    case 3:
      return random.choice([
        0,
        -0,
        NaN,
        Infinity,
        -Infinity,
        1e16,
        1e-5,
        random.normal() * 10 ** random.integer(-300, 300),
      ]);
    case 4:
      return text();
    case 5:
      return new PythonBytes(
        some(() => String.fromCharCode(random.integer(0, 255))).join(""),
      );
    case 6:
      return new PythonComplex(random.integer(-2, 2), random.normal());
    case 7:
    case 8:
      return some(() => randomPython(random, depth + 1));
    case 9:
      return new PythonTuple(some(() => randomPython(random, depth + 1)));
    case 10:
      return new PythonDict(
        some(() => [key(), randomPython(random, depth + 1)] as const),
      );
    default:
      return new PythonSet(some(key), random.next() < 0.5);
  }
}

Deno.test("every Python value survives printing and parsing", () => {
  for (let i = 0; i < 3000; i++) {
    const value = randomPython(randomStream(1, "python", i), 0);
    const printed = printPython(value, defaultLimits);
    const again = printPython(
      parsePythonLiteral(printed.literal, defaultLimits),
      defaultLimits,
    );
    assert.deepEqual(again, printed);
    const canonical = printPython(
      parsePythonLiteral(printed.canonical, defaultLimits),
      defaultLimits,
    );
    assert.equal(canonical.canonical, printed.canonical);
  }
});

Deno.test({
  name: "Python itself prints the same literals",
  ignore: !hasPython(),
  fn: async () => {
    const texts = VECTORS.map(([text]) => text).filter((text) =>
      text !== "007" && !/nan|inf|set|^-2.5j/.test(text)
    );
    const script = "import sys,json,ast\n" +
      "print(json.dumps([repr(ast.literal_eval(t)) for t in json.loads(sys.argv[1])]))";
    const { stdout, stderr } = await new Deno.Command("python3", {
      args: ["-W", "ignore", "-c", script, JSON.stringify(texts)],
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    const representations: string[] = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    texts.forEach((text, i) => {
      const ours = parseLiteral(text, "python");
      const theirs = parseLiteral(representations[i], "python");
      assert.ok(ours.ok && theirs.ok, text);
      assert.equal(
        ours.literal,
        representations[i].replace(
          /(?<=[,:]) (?=[^']*(?:'[^']*'[^']*)*$)/g,
          "",
        ),
        text,
      );
      assert.equal(ours.canonical, theirs.canonical, text);
    });
  },
});

function hasPython(): boolean {
  try {
    return new Deno.Command("python3", { args: ["--version"] }).outputSync()
      .success;
  } catch {
    return false;
  }
}
