/**
 * Writes the functions on which language models are evaluated, to
 * `data/language_model/functions.jsonl`:
 *
 *     deno run -A tasks/make_functions.ts [FILE]
 *
 * 300 small Python functions of this kit's own, 60 of each of five levels: one
 * operation, two, a condition, a loop, a loop with a condition and an operation after
 * it. Their outputs are what the sandbox returns. Rows of the five levels take turns, so
 * that the first rows are as hard as all of them. A row is drawn from a seed of its own.
 */

import type { FunctionRow } from "./language/functions.ts";
import { type RandomStream, randomStream } from "../lib/random.ts";
import {
  type Executor,
  startExecutor,
  validateProposals,
} from "../lib/sandbox/mod.ts";

const SEED = 20251129;
const COUNT = 300;
const LEVELS = 5;
/** Argument lists of a function. */
const INPUTS = 6;
/** Longest output in characters: longer ones measure copying. */
const LONGEST = 40;

type Kind = "n" | "s" | "xs";

/** Operations by the kinds of what they take and return; `_` is the value, `C` a number, `A` a letter. */
const OPERATIONS: Record<Kind, Record<Kind, string[]>> = {
  n: {
    n: ["_ + C", "_ - C", "_ * C", "_ // C", "_ % C", "C - _", "abs(_ - C)"]
      .concat("max(_, C)", "min(_, C)", "_ * _", "_ + _ // C"),
    s: ["str(_)", "'A' + str(_)", "str(_) + 'A'", "'A' * (_ % C)"],
    xs: ["[_, _ + C]", "[_] * C", "list(range(_ % 7))", "[C, _]"],
  },
  s: {
    n: ["len(_)", "_.count('A')", "_.find('A')", "len(_) * C"],
    s: ["_ + 'A'", "'A' + _", "_.upper()", "_[::-1]", "_[1:]", "_[:C]"]
      .concat("_ * 2", "_.replace('A', 'B')", "_.title()", "_[-1] + _"),
    xs: ["[len(_), C]", "[_.count('A'), _.count('B')]"],
  },
  xs: {
    n: ["len(_)", "sum(_)", "max(_)", "min(_)", "_[0] + C", "_[-1]"]
      .concat("_.count(C)", "sum(_) - C", "max(_) - min(_)"),
    s: ["str(_[0])", "'A' * len(_)", "str(sum(_)) + 'A'"],
    xs: ["_ + [C]", "_[::-1]", "sorted(_)", "_[1:]", "_[:C]", "_ * 2"]
      .concat("[v + C for v in _]", "[v * C for v in _]")
      .concat("[v for v in _ if v > C]", "[C] + _"),
  },
};

const CONDITIONS: Record<Kind, string[]> = {
  n: ["_ > C", "_ % 2 == 0", "_ % 3 == 1", "_ < C"],
  s: ["'A' in _", "len(_) > C", "_[0] == 'A'", "_ < 'm'"],
  xs: ["len(_) > C", "C in _", "_[0] > C", "sum(_) % 2 == 0"],
};

const KINDS: Kind[] = ["n", "s", "xs"];
const WORDS = "cat,tree,river,banana,stone,apple,night,eel,otter,lamp,area,ink"
  .split(",");

/** An expression of one operation on `value`. */
function operation(
  from: Kind,
  to: Kind,
  value: string,
  random: RandomStream,
): string {
  return filled(random.choice(OPERATIONS[from][to]), value, random);
}

function filled(form: string, value: string, random: RandomStream): string {
  return form.replace(
    /_|\bC\b|A|B/g,
    (mark) =>
      mark === "_"
        ? value
        : mark === "C"
        ? `${random.integer(2, 6)}`
        : random.choice([...mark === "A" ? "aeotnr" : "uidgx"]),
  );
}

/** The lines of a function's body. */
function body(level: number, kind: Kind, random: RandomStream): string[] {
  const to = random.choice(KINDS);
  if (level === 1) return [`return ${operation(kind, to, kind, random)}`];
  if (level === 2) {
    const middle = random.choice(KINDS);
    return [
      `y = ${operation(kind, middle, kind, random)}`,
      `return ${operation(middle, to, "y", random)}`,
    ];
  }
  if (level === 3) {
    const condition = filled(random.choice(CONDITIONS[kind]), kind, random);
    return [
      `if ${condition}:`,
      `    return ${operation(kind, to, kind, random)}`,
      `return ${operation(kind, to, kind, random)}`,
    ];
  }
  return loop(level, kind, random);
}

/** A loop over the parts of the parameter; at the highest level with a condition, and an operation behind it. */
function loop(level: number, kind: Kind, random: RandomStream): string[] {
  const part: Kind = kind === "s" ? "s" : "n";
  const over = kind === "n" ? "range(1, n % 6 + 3)" : kind;
  const to = random.choice(KINDS);
  const [start, step] = {
    n: ["0", `y += ${operation(part, "n", "v", random)}`],
    s: [
      "''",
      random.choice(["y += _", "y = _ + y"])
        .replace("_", operation(part, "s", "v", random)),
    ],
    xs: ["[]", `y.append(${operation(part, "n", "v", random)})`],
  }[to];
  const head = [`y = ${start}`, `for v in ${over}:`];
  if (level === 4) return [...head, `    ${step}`, "return y"];
  const condition = filled(random.choice(CONDITIONS[part]), "v", random);
  const last = operation(to, random.choice(KINDS), "y", random);
  return [
    ...head,
    `    if ${condition}:`,
    `        ${step}`,
    `return ${last}`,
  ];
}

function inputOf(kind: Kind, random: RandomStream): string {
  if (kind === "n") return `${random.integer(0, 30)}`;
  if (kind === "s") return `'${random.choice(WORDS)}'`;
  const numbers = Array.from(
    { length: random.integer(3, 6) },
    () => random.integer(0, 10),
  );
  return `[${numbers.join(", ")}]`;
}

/** One try at a row: its source and different inputs. */
function draw(level: number, random: RandomStream) {
  const kind = random.choice(KINDS);
  const source = [`def f(${kind}):`, ...body(level, kind, random)]
    .join("\n    ");
  const inputs = new Set<string>();
  while (inputs.size < INPUTS) inputs.add(inputOf(kind, random));
  return { source, inputs: [...inputs] };
}

/** Returns the first rows. A function that fails, says little or exists is drawn again. */
export async function makeFunctions(count = COUNT): Promise<FunctionRow[]> {
  await using executor = await startExecutor({ languages: ["python"] });
  const rows: FunctionRow[] = [];
  const sources = new Set<string>();
  for (let attempt = 0; sources.size < count; attempt++) {
    const missing = Array.from({ length: count }, (_, i) => i)
      .filter((i) => rows[i] === undefined);
    const drawn = missing.map((i) => ({
      i,
      ...draw(1 + i % LEVELS, randomStream(SEED, "function", i, attempt)),
    }));
    const outputs = await outputsOf(executor, drawn);
    drawn.forEach(({ i, source, inputs }, d) => {
      const found = outputs[d];
      if (found === null || sources.has(source) || !says(inputs, found)) return;
      sources.add(source);
      rows[i] = {
        id: `f${i}`,
        level: 1 + i % LEVELS,
        source,
        inputs,
        outputs: found,
      };
    });
  }
  return rows;
}

/** The outputs of each function, or null where one of its runs fails. */
async function outputsOf(
  executor: Executor,
  drawn: readonly { source: string; inputs: string[] }[],
): Promise<(string[] | null)[]> {
  const proposals = drawn.flatMap(({ source, inputs }) =>
    inputs.map((argument) => ({
      program: { language: "python" as const, source },
      argument,
    }))
  );
  const verdicts = await validateProposals(executor, proposals);
  return drawn.map((_, d) => {
    const mine = verdicts.slice(d * INPUTS, (d + 1) * INPUTS);
    const outputs = mine.flatMap((one) => one.valid ? [one.output] : []);
    return outputs.length === INPUTS ? outputs : null;
  });
}

/** Whether outputs are short, differ from the inputs and depend on them. */
function says(inputs: readonly string[], outputs: readonly string[]): boolean {
  return outputs.every((output) => output.length <= LONGEST) &&
    new Set(outputs).size >= 3 &&
    outputs.every((output, i) => output !== inputs[i]);
}

if (import.meta.main) {
  const [file = "data/language_model/functions.jsonl"] = Deno.args;
  const rows = await makeFunctions();
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
  await Deno.writeTextFile(file, lines.join(""));
  console.log(`${rows.length} functions in ${file}`);
}
