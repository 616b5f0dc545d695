/**
 * Operations: the abstract syntax of the world's programs, as data.
 *
 * An operation has an input type, an output type, a meaning and one rendering
 * per language. A program is an input type and a list of operations. The
 * meaning here is used only to write documents quickly; every verdict in
 * self-play and evaluation comes from the executor, and a test holds the two
 * against each other on thousands of programs.
 */

import type { Value, ValueType } from "./value.ts";

/** The languages the world can write. */
export type WorldLanguage = "javascript" | "python";

/** Wraps an operand: `before operand after`. An infix one binds weakly. */
interface ExpressionRendering {
  before: string;
  after: string;
  infix: boolean;
}

/** A loop over the argument that changes an accumulator `s`, 0 at first. */
interface LoopRendering {
  header: string;
  body: string;
}

interface OperationBase {
  /** Unique; presets choose operations by it. */
  name: string;
  input: ValueType;
  output: ValueType;
  /** Relative frequency among operations of the same input type. */
  weight: number;
  /** Partial results, the last of which is the result; null where undefined. */
  steps(value: Value): Value[] | null;
}

export type Operation =
  & OperationBase
  & (
    | {
      form: "expression";
      rendering: Record<WorldLanguage, ExpressionRendering>;
    }
    /** Only ever the first operation of a program. */
    | { form: "loop"; rendering: Record<WorldLanguage, LoopRendering> }
  );

const postfix = (after: string): ExpressionRendering => ({
  before: "",
  after,
  infix: false,
});
const infix = (after: string): ExpressionRendering => ({
  before: "",
  after,
  infix: true,
});
const wrap = (before: string, after: string): ExpressionRendering => ({
  before,
  after,
  infix: false,
});

function expression<Input extends Value>(
  name: string,
  types: readonly [ValueType, ValueType],
  weight: number,
  apply: (value: Input) => Value | null,
  javascript: ExpressionRendering,
  python: ExpressionRendering,
): Operation {
  return {
    form: "expression",
    name,
    input: types[0],
    output: types[1],
    weight,
    steps: (value) => {
      const result = apply(value as Input);
      return result === null ? null : [result];
    },
    rendering: { javascript, python },
  };
}

function integerOperations(): Operation[] {
  const make = (
    text: string,
    weight: number,
    apply: (value: number) => number,
  ) =>
    expression<number>(
      text,
      ["integer", "integer"],
      weight,
      apply,
      infix(text),
      infix(text),
    );
  const shifts = [1, 2, 3, 4, 5].flatMap((k) => [
    make(`+${k}`, .6, (value) => value + k),
    make(`-${k}`, .6, (value) => value - k),
  ]);
  return [
    ...shifts,
    make("*2", 1.5, (value) => value * 2),
    make("*3", 1, (value) => value * 3),
    make("%2", .4, (value) => value % 2),
    make("%3", .4, (value) => value % 3),
    make("%5", .8, (value) => value % 5),
  ];
}

function listOperations(): Operation[] {
  const list = ["list", "list"] as const;
  const map = (body: string, weight: number, apply: (v: number) => number) =>
    expression<number[]>(
      `map ${body}`,
      list,
      weight,
      (value) => value.map(apply),
      postfix(`.map(v=>${body})`),
      wrap(`[${body} for v in `, "]"),
    );
  const filter = (body: string, keep: (v: number) => boolean) =>
    expression<number[]>(
      `filter ${body}`,
      list,
      1,
      (value) => value.filter(keep),
      postfix(`.filter(v=>${body})`),
      wrap("[v for v in ", ` if ${body}]`),
    );
  const append = (k: number) =>
    expression<number[]>(
      `append ${k}`,
      list,
      1,
      (value) => [...value, k],
      postfix(`.concat(${k})`),
      infix(`+[${k}]`),
    );
  return [
    map("v+1", 1.2, (v) => v + 1),
    map("v+2", 1.2, (v) => v + 2),
    map("v*2", 1.2, (v) => v * 2),
    map("v%2", .6, (v) => v % 2),
    map("v%3", .6, (v) => v % 3),
    filter("v>4", (v) => v > 4),
    filter("v%2", (v) => v % 2 === 1),
    expression<number[]>(
      "reverse list",
      list,
      1.5,
      (value) => value.toReversed(),
      postfix(".reverse()"),
      postfix("[::-1]"),
    ),
    ...[0, 3, 7].map(append),
    {
      ...expression<number[]>(
        "sum",
        ["list", "integer"],
        1.5,
        () => null,
        postfix(".reduce((a,b)=>a+b,0)"),
        wrap("sum(", ")"),
      ),
      steps: (value) => partialSums(value as number[]),
    },
  ];
}

/** Operations that lists and strings share. */
function sequenceOperations(type: "list" | "string"): Operation[] {
  const element: ValueType = type === "list" ? "integer" : "string";
  type Sequence = number[] & string;
  const make = (
    name: string,
    output: ValueType,
    weight: number,
    apply: (value: Sequence) => Value | null,
    javascript: string,
    python: ExpressionRendering,
  ) =>
    expression<Sequence>(
      `${name} ${type}`,
      [type, output],
      weight,
      apply,
      postfix(javascript),
      python,
    );
  return [
    make("rest", type, 1, (v) => v.slice(1), ".slice(1)", postfix("[1:]")),
    make("take", type, 1, (v) => v.slice(0, 2), ".slice(0,2)", postfix("[:2]")),
    make(
      "drop",
      type,
      1,
      (v) => v.slice(0, -1),
      ".slice(0,-1)",
      postfix("[:-1]"),
    ),
    make(
      "length",
      "integer",
      .8,
      (v) => v.length,
      ".length",
      wrap("len(", ")"),
    ),
    make("first", element, .7, (v) => v[0] ?? null, ".at(0)", postfix("[0]")),
    make(
      "last",
      element,
      .7,
      (v) => v.at(-1) ?? null,
      ".at(-1)",
      postfix("[-1]"),
    ),
  ];
}

function stringOperations(): Operation[] {
  const make = (
    name: string,
    weight: number,
    apply: (value: string) => string,
    javascript: string,
    python: ExpressionRendering,
  ) =>
    expression<string>(
      name,
      ["string", "string"],
      weight,
      apply,
      postfix(javascript),
      python,
    );
  const replace = (from: string, to: string) =>
    make(
      `replace ${from}`,
      1,
      (value) => value.replace(from, to),
      `.replace("${from}","${to}")`,
      postfix(`.replace("${from}","${to}",1)`),
    );
  return [
    ...["a", "b", "c"].map((letter) =>
      make(
        `append ${letter}`,
        1,
        (value) => value + letter,
        `.concat("${letter}")`,
        infix(`+"${letter}"`),
      )
    ),
    make(
      "reverse string",
      1.5,
      (value) => [...value].reverse().join(""),
      '.split("").reverse().join("")',
      postfix("[::-1]"),
    ),
    make(
      "upper",
      1,
      (value) => value.toUpperCase(),
      ".toUpperCase()",
      postfix(".upper()"),
    ),
    make("twice", 1, (value) => value + value, ".repeat(2)", infix("*2")),
    replace("a", "b"),
    replace("b", "c"),
  ];
}

function loopOperations(): Operation[] {
  const overList = (
    body: string,
    python: string,
    term: (v: number) => number,
  ): Operation => ({
    form: "loop",
    name: `loop ${body}`,
    input: "list",
    output: "integer",
    weight: 1,
    steps: (value) => partialSums((value as number[]).map(term)),
    rendering: {
      javascript: { header: "for(const v of x)", body },
      python: { header: "for v in x:", body: python },
    },
  });
  const counting = (k: number): Operation => ({
    form: "loop",
    name: `loop s+=${k};`,
    input: "integer",
    output: "integer",
    weight: 1,
    steps: (value) => partialSums(Array(value as number).fill(k)),
    rendering: {
      javascript: { header: "for(let i=0;i<x;i++)", body: `s+=${k};` },
      python: { header: "for i in range(x):", body: `s+=${k};` },
    },
  });
  return [
    overList("s+=v;", "s+=v;", (v) => v),
    overList("if(v>4)s+=v;", "s+=v*(v>4);", (v) => v > 4 ? v : 0),
    overList("if(v%2)s++;", "s+=v%2;", (v) => v % 2),
    ...[1, 2, 3].map(counting),
  ];
}

function partialSums(terms: readonly number[]): number[] {
  let sum = 0;
  const sums = terms.map((term) => sum += term);
  return sums.length > 0 ? sums : [0];
}

/** Every operation the world knows. */
export const OPERATIONS: readonly Operation[] = [
  ...integerOperations(),
  ...listOperations(),
  ...sequenceOperations("list"),
  ...sequenceOperations("string"),
  ...stringOperations(),
  ...loopOperations(),
];

/** Returns the operation of that name; throws with the known names otherwise. */
export function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.name === name);
  if (found) return found;
  const known = OPERATIONS.map((operation) => operation.name).join(", ");
  throw new RangeError(`no operation named "${name}"; there are: ${known}`);
}

/** Returns the operation's label in a trace: its piece of program text. */
export function traceLabel(
  operation: Operation,
  language: WorldLanguage,
): string {
  if (operation.form === "loop") return operation.rendering[language].body;
  const { before, after } = operation.rendering[language];
  return before === "" ? after : before;
}
