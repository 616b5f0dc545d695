/**
 * Values written as expressions: `'a' * 13`, `[i for i in range(5)]`,
 * `Counter(text='abc')`, `Array(3).fill(0)`.
 *
 * What is data is parsed as data. The rest is read here as one expression or as the
 * arguments of one call, by its syntax tree and without running it, and then
 * evaluated in the sandbox, in a run of its own, to a literal. The program that is
 * asked about gets that literal in a further run from the start, so that no
 * expression can change what the program does. Expressions travel to the sandbox as
 * strings and are never part of a program's text on this side.
 *
 * The official code evaluates inputs and answers inside the program. Here a
 * proposed input may use the program's names (in Python), and an answer may not:
 * one that searches with `f` would reason about nothing. A proposed input that is
 * no data, such as a lambda, is evaluated where the official code does it, in the
 * run of the program, and stays as it is written; an answer of that kind has no value.
 */

import { describeOutcome } from "./describe.ts";
import {
  type DataValue,
  parseJavaScriptLiteral,
  printJavaScript,
} from "./literals/literal_javascript.ts";
import type { LiteralLimits } from "./literals/literal.ts";
import { parsePythonLiteral } from "./literals/literal_python.ts";
import {
  parseArguments,
  type ParsedLiteral,
  parseLiteral,
} from "./literals/literals.ts";
import { printPython } from "./literals/python_print.ts";
import type { PythonValue } from "./literals/python_value.ts";
import {
  type Executor,
  type Job,
  type Language,
  type Outcome,
  type Program,
  SCRIPT,
} from "./outcome.ts";
import {
  bracketed,
  callOf,
  oneExpression,
  type Piece,
  piecesOf,
} from "./syntax/written.ts";

/**
 * The form of values that a model writes. `official`: expressions too, which run in the
 * sandbox, as in the official code. `strict`: literals only.
 */
export type Reading = "official" | "strict";

/** The names that an expression may use: the program's, or none. */
export type Scope = "program" | "nothing";

/** The outcomes without a value: the fault is the expression's or the sandbox's. */
export type Unreadable = Extract<
  Outcome,
  { kind: "badArgument" | "infrastructure" }
>;

/** A job's outcome, and the argument list that it ran on, as literals where it could be read. */
export interface WrittenRun {
  argument: string;
  outcome: Outcome;
}

/** Runs jobs whose arguments are a model's own text. Results are in the order of the jobs. */
export async function runWritten(
  executor: Executor,
  jobs: readonly Job[],
  reading: Reading,
  scope: Scope,
): Promise<WrittenRun[]> {
  const lists = await readLists(executor, jobs, reading, scope);
  const ready = jobs.flatMap((job, i) => {
    const list = lists[i];
    if (typeof list === "string") return [{ ...job, argument: list }];
    return "call" in list ? [wholeCall(job, list.call)] : [];
  });
  const outcomes = await executor.runMany(ready);
  let next = 0;
  return jobs.map(({ argument }, i) => {
    const list = lists[i];
    if (typeof list === "string") {
      return { argument: list, outcome: outcomes[next++] };
    }
    const outcome = "call" in list ? outcomes[next++] : list;
    return { argument: argument.trim(), outcome };
  });
}

/** A call with an argument whose value is no data, such as a lambda. */
interface WholeCall {
  call: string;
}

/** Reads a model's texts as values. Returns literals, and for other texts the reason. */
export async function readValues(
  executor: Executor,
  values: readonly { text: string; language: Language }[],
  reading: Reading,
): Promise<(ParsedLiteral | Unreadable)[]> {
  const parsed = values.map(({ text, language }) =>
    parseLiteral(text, language, executor.identity.limits)
  );
  const written = values.flatMap(({ text, language }, i) => {
    if (parsed[i].ok || reading === "strict") return [];
    const expression = oneExpression(text, language);
    if (expression === null) return [];
    return [{ place: i, job: evaluationOf(language), texts: [expression] }];
  });
  const found = await evaluate(executor, written);
  const results: (ParsedLiteral | Unreadable)[] = parsed;
  written.forEach(({ place, job: { program } }, i) => {
    const value = found[i];
    results[place] = "kind" in value
      ? withoutValue(value)
      : parseLiteral(value[0], program.language, executor.identity.limits);
  });
  return results;
}

async function readLists(
  executor: Executor,
  jobs: readonly Job[],
  reading: Reading,
  scope: Scope,
): Promise<(string | Unreadable | WholeCall)[]> {
  const { limits } = executor.identity;
  const lists = jobs.map((
    { program, argument },
  ): string | Unreadable | WholeCall => {
    const parsed = parseArguments(argument, program.language, limits);
    if (parsed.ok) return parsed.literal;
    return { kind: "badArgument", reason: parsed.reason };
  });
  if (reading === "strict") return lists;
  const written = jobs.flatMap((job, i) => {
    if (typeof lists[i] === "string") return [];
    const { language } = job.program;
    const pieces = piecesOf(job.argument, language);
    if (pieces === null) return [];
    const texts = pieces.map((piece) => bracketed(piece, language));
    const isInside = scope === "program" && hasNames(job.program);
    const evaluation = isInside
      ? within(job, EVALUATOR_WITHIN)
      : { ...job, ...evaluationOf(language) };
    return [{ place: i, pieces, job: evaluation, texts, isInside }];
  });
  const found = await evaluate(executor, written);
  written.forEach(({ place, pieces, job: { program }, isInside }, i) => {
    const literals = found[i];
    if (!("kind" in literals)) {
      lists[place] = assembled(pieces, literals, program.language, limits);
    } else if (isInside && literals.kind === "refused") {
      const { program: { entry }, argument } = jobs[place];
      lists[place] = { call: callOf(argument, entry) };
    } else lists[place] = withoutValue(literals);
  });
  return lists;
}

/** The programs that evaluate each text by itself, without a program's names. */
const EVALUATORS: Record<Language, string> = {
  python: "def f(texts):\n    return [eval(text, {}) for text in texts]",
  javascript: "texts=>texts.map(text=>(0,eval)(text))",
  typescript: "texts=>texts.map(text=>(0,eval)(text))",
};

/** The code that evaluates texts within a program, with the program's names. */
const EVALUATE_WITHIN = `

import builtins as _builtins
_own = _builtins.globals().get('f')
def _evaluate(text):
    global f
    f = _own
    return _builtins.eval(text, _builtins.globals())
`;
const EVALUATOR_WITHIN = `${EVALUATE_WITHIN}def f(texts):
    return [_evaluate(text) for text in texts]`;
const CALLER_WITHIN = `${EVALUATE_WITHIN}f = _evaluate`;

/** Tells whether expressions can be evaluated within a program: not in a script or a lone lambda. */
function hasNames({ language, source, entry }: Program): boolean {
  return language === "python" && entry !== SCRIPT &&
    !/^[\s(]*lambda\b/.test(source);
}

/** A job that evaluates texts, but for its argument. */
function evaluationOf(language: Language): Omit<Job, "argument"> {
  return { program: { language, source: EVALUATORS[language] } };
}

/** Returns the job with code behind its program that makes another \`f\`, which is called. */
function within(job: Job, code: string): Job {
  const { language, source } = job.program;
  return { ...job, program: { language, source: source + code } };
}

/** Returns the job that evaluates a call of its program's entry as it is written. */
function wholeCall(job: Job, call: string): Job {
  return { ...within(job, CALLER_WITHIN), argument: JSON.stringify(call) };
}

/** Returns the literals of the values of expressions, or the outcome that came instead. */
async function evaluate(
  executor: Executor,
  requests: readonly {
    job: Omit<Job, "argument">;
    texts: readonly string[];
  }[],
): Promise<(string[] | Exclude<Outcome, { kind: "value" }>)[]> {
  const outcomes = await executor.runMany(
    requests.map(({ job, texts }) => ({
      ...job,
      argument: JSON.stringify(texts),
    })),
  );
  const { limits } = executor.identity;
  return outcomes.map((outcome, i) =>
    outcome.kind === "value"
      ? partsOf(outcome.literal, requests[i].job.program.language, limits)
      : outcome
  );
}

/** Returns the outcome of an expression without a value; a failure of the sandbox is no verdict. */
function withoutValue(
  outcome: Exclude<Outcome, { kind: "value" }>,
): Unreadable {
  if (outcome.kind === "infrastructure") return outcome;
  const reason = `the expression has no value: ${describeOutcome(outcome)}`;
  return { kind: "badArgument", reason };
}

/** Returns the literals of a list's items. */
function partsOf(
  list: string,
  language: Language,
  limits: LiteralLimits,
): string[] {
  return language === "python"
    ? (parsePythonLiteral(list, limits) as PythonValue[])
      .map((value) => printPython(value, limits).literal)
    : (parseJavaScriptLiteral(list, limits) as DataValue[])
      .map((value) => printJavaScript(value, limits).literal);
}

/** Returns the argument list that the pieces make, given the literals of their values. */
function assembled(
  pieces: readonly Piece[],
  literals: readonly string[],
  language: Language,
  limits: LiteralLimits,
): string | Unreadable {
  if (language !== "python") {
    return pieces.flatMap(({ kind }, i) =>
      kind === "spread" ? partsOf(literals[i], language, limits) : literals[i]
    ).join(",");
  }
  // The parser checks the order of the pieces, such as stars and keywords.
  const text = pieces.map(({ kind, name }, i) => {
    const mark = kind === "spread" ? "*" : kind === "mapping" ? "**" : "";
    return `${mark}${name === null ? "" : `${name}=`}${literals[i]}`;
  }).join(",");
  const parsed = parseArguments(text, language, limits);
  if (parsed.ok) return parsed.literal;
  return { kind: "badArgument", reason: parsed.reason };
}
