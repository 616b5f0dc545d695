/**
 * Reading responses in the code dialect: what the prompt opened, joined to what the
 * model wrote, is read by the language's grammar, as data. Nothing runs.
 *
 * A response is read up to the end of what was asked for; a value has to end its line,
 * and a function has to be followed by something that is not indented, so that what
 * was cut at the token limit is told from what is whole. Texts of more than 8,000
 * characters are not read. The form is one, so both rules of reading read the same.
 */

import {
  COMMENTS,
  everyNode,
  GRAMMARS,
  isWellFormed,
  type Language,
  type PlacedNode,
  placedSyntax,
} from "../../sandbox/mod.ts";
import { CODE_FORMS, CODE_INDUCTION, GAP } from "./code_forms.ts";
import {
  type AnswerReading,
  PAPER_READING,
  type ProposalReading,
  type ReadingRules,
} from "./dialect.ts";
import { modeOf } from "./registry.ts";
import type { ModeName } from "./task.ts";

/** Why a response is not of the form that its prompt opened. */
export type CodeFormatCause =
  /** Cut at the token limit. */
  | "unfinished"
  /** No code of the language. */
  | "badSyntax"
  /** Longer or more deeply nested than is read. */
  | "tooLong"
  /** No assert with a call of `f` after the function. */
  | "noCall"
  /** A call without arguments. */
  | "noInput"
  /** More than a value stands behind the call: `assert f(1) == 2 or True`. */
  | "notOneValue"
  /** More than a call stands before the value: `assert f(1) + 1 == 2`. */
  | "notOneCall"
  /** A second function or a class. */
  | "severalFunctions"
  /** The call is printed. */
  | "prints"
  /** The call stands in the function's documentation. */
  | "doctest"
  /** The call stands behind an interpreter's `>>>`. */
  | "replStyle";

type Failure = { ok: false; cause: CodeFormatCause };
const failure = (cause: CodeFormatCause): Failure => ({ ok: false, cause });

/** A token that ends a response, as its vocabulary spells it. */
const END_TOKEN = /<[^<>\s]{1,40}>$/;

/** What the prompt opened and the model went on with. */
interface Continued {
  language: Language;
  text: string;
  /** Whether the model said that this is all. */
  ended: boolean;
  /** The statements. */
  nodes: PlacedNode[];
}

function continued(
  opening: string,
  responseText: string,
  language: Language,
): Continued | null {
  const ended = END_TOKEN.test(responseText);
  const text = opening +
    (ended ? responseText.replace(END_TOKEN, "\n") : responseText);
  const root = placedSyntax({ source: text, language });
  return root && { language, text, ended, nodes: root.children };
}

/** The cause where code is no code: it may only lack its end. */
function broken({ ended, nodes, text }: Continued): Failure {
  const end = text.trimEnd().length;
  const isWrong = ended ||
    nodes.flatMap(everyNode).some(({ name, from }) =>
      name === "⚠" && from < end
    );
  return failure(styleOf(text) ?? (isWrong ? "badSyntax" : "unfinished"));
}

/** Another way in which models write a call and its result. */
function styleOf(text: string): CodeFormatCause | null {
  if (/^>>>/m.test(text)) return "replStyle";
  if (/^(?:print|console\.log)\b/m.test(text)) return "prints";
  if (/\n(?:async )?(?:def|class|function)\b/.test(text)) {
    return "severalFunctions";
  }
  return /^[ \t]+>>>/m.test(text) ? "doctest" : null;
}

/** Whether the line of a statement has ended. */
function isComplete({ text, ended }: Continued, node: PlacedNode): boolean {
  return ended || node.text.endsWith(";") ||
    /^[ \t]*;?[ \t]*(?:(?:#|\/\/)[^\n]*)?\n/.test(text.slice(node.to));
}

/** The function that the text begins with, or why there is none. */
function firstFunction(
  whole: Continued,
): { ok: true; source: string; rest: string } | Failure {
  const [node] = whole.nodes;
  const isFunction = /^Function(?:Definition|Declaration)$/.test(node?.name);
  if (!isFunction || !isWellFormed(node)) return broken(whole);
  const source = node.text.trimEnd();
  const rest = whole.text.slice(node.from + source.length);
  // A body of Python ends where something else begins.
  const isOver = whole.ended || whole.language !== "python" ||
    /^\s*\n\S|^[ \t]*\n\s*\n\s*\n/.test(rest);
  return isOver ? { ok: true, source, rest } : failure("unfinished");
}

/** `assert f(input) == output` in its parts. */
interface Check {
  argument: string;
  /** Null where none is claimed: `assert f(1)`. */
  value: PlacedNode | null;
}

/** Reads a statement that claims the result of a call; says what it is where it is none. */
function checkIn(
  whole: Continued,
  node: PlacedNode | undefined,
): { ok: true; check: Check } | Failure {
  if (node === undefined) {
    return whole.ended ? failure("noCall") : broken(whole);
  }
  const [claim, value] = claimIn(node);
  if (claim === undefined) {
    return failure(styleOf(`\n${whole.text.slice(node.from)}`) ?? "noCall");
  }
  if (!isWellFormed(node)) return broken(whole);
  if (!isComplete(whole, node)) {
    const isCut = whole.text.slice(node.to).trim() === "";
    return failure(isCut ? "unfinished" : "badSyntax");
  }
  if (claim.name !== "CallExpression" || claim.children[0].text !== "f") {
    return failure(claim.text.startsWith("f(") ? "notOneCall" : "noCall");
  }
  const list = claim.children[1];
  const argument = withoutComments(whole, list.from + 1, list.to - 1);
  return { ok: true, check: { argument, value: value ?? null } };
}

/** The call and the value of an assert: two sides of `==`, or two arguments. */
function claimIn(node: PlacedNode): (PlacedNode | undefined)[] {
  const sides = (claim: PlacedNode) =>
    claim.name === "BinaryExpression" &&
      ["==", "===", "is"].includes(claim.children[1]?.text)
      ? [claim.children[0], claim.children[2]]
      : [claim];
  if (node.name === "AssertStatement") {
    return node.children[1] ? sides(node.children[1]) : [];
  }
  const call = node.name === "ExpressionStatement" ? node.children[0] : null;
  if (call?.name !== "CallExpression") return [];
  const [callee, list] = call.children;
  if (!/^(?:console\.)?assert\b/.test(callee.text)) return [];
  const given = list.children.filter(({ name }) => !/^[(),⚠]$/.test(name));
  return given.length === 0 ? [] : given.length === 1 ? sides(given[0]) : given;
}

/** A part of the text without its comments. */
function withoutComments(
  { text, language }: Continued,
  from: number,
  to: number,
): string {
  let kept = "";
  for (const comment of commentsIn(text.slice(0, to), language)) {
    if (comment.from < from) continue;
    kept += text.slice(from, comment.from);
    from = comment.to;
  }
  return (kept + text.slice(from, to)).trim();
}

function commentsIn(text: string, language: Language) {
  const found: { from: number; to: number }[] = [];
  GRAMMARS[language].parse(text).iterate({
    enter: ({ name, from, to }) => {
      if (COMMENTS.has(name)) found.push({ from, to });
    },
  });
  return found;
}

/** The thought: all comments up to the end of what is read; null where there is none. */
function thoughtIn({ text, language, nodes }: Continued): string | null {
  const end = text.indexOf("\n", nodes[0]?.to ?? 0);
  const read = end < 0 ? text : text.slice(0, end);
  const comments = commentsIn(read, language)
    .map(({ from, to }) => read.slice(from, to));
  return comments.length === 0 ? null : comments.join("\n");
}

/** Reads a proposal: a function with a call, or for induction the inputs of calls. */
export function readProposal(
  mode: ModeName,
  responseText: string,
  language: Language,
  { repeatedInputs }: ReadingRules = PAPER_READING,
): ProposalReading {
  const { writesProgram } = modeOf(mode);
  const { definition, call } = CODE_FORMS[language];
  const opening = writesProgram ? definition : call;
  const whole = continued(opening, responseText, language);
  if (whole === null) return failure("tooLong");
  if (!writesProgram) return readInputs(whole, repeatedInputs);
  const found = firstFunction(whole);
  if (!found.ok) return found;
  const read = checkIn(whole, whole.nodes[1]);
  if (!read.ok) return read;
  const { check: { argument } } = read;
  if (argument === "") return failure("noInput");
  const program = found.source;
  return { ok: true, program, arguments: [argument], message: "" };
}

/** The inputs of all asserts up to the first that is none; at most as many as are asked for. */
function readInputs(
  whole: Continued,
  repeatedInputs: ReadingRules["repeatedInputs"],
): ProposalReading {
  const inputs: string[] = [];
  let first: Failure | null = null;
  for (const node of whole.nodes) {
    const read = checkIn(whole, node);
    first ??= read.ok ? null : read;
    if (!read.ok || read.check.argument === "") break;
    inputs.push(read.check.argument);
  }
  if (inputs.length === 0) return first ?? failure("noInput");
  const kept = repeatedInputs === "drop" ? [...new Set(inputs)] : inputs;
  const given = kept.slice(0, CODE_INDUCTION.asked);
  return { ok: true, program: null, arguments: given, message: "" };
}

/** Reads an answer; its form has to be right. */
export function readAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
): AnswerReading {
  const whole = continued(openingOf(mode, language), responseText, language);
  if (whole === null) return { ...failure("tooLong"), thought: false };
  const trace = thoughtIn(whole);
  const read = answerIn(mode, whole);
  return read.ok ? { ...read, trace } : { ...read, thought: trace !== null };
}

/** The answer that a response begins with, whether or not it ends and whatever follows. */
export function findAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
): string | null {
  const whole = continued(
    openingOf(mode, language),
    responseText.replace(END_TOKEN, "") + "<end>",
    language,
  );
  if (whole === null) return null;
  if (mode !== "induction") {
    const read = answerIn(mode, whole);
    return read.ok ? read.answer : null;
  }
  const found = firstFunction(whole);
  return found.ok ? found.source : null;
}

function openingOf(mode: ModeName, language: Language): string {
  const { definition, call, result } = CODE_FORMS[language];
  if (mode === "induction") return definition;
  return mode === "abduction" ? call : result("");
}

function answerIn(
  mode: ModeName,
  whole: Continued,
): { ok: true; answer: string } | Failure {
  if (mode === "induction") {
    const found = firstFunction(whole);
    if (!found.ok) return found;
    // Two empty lines end a block, and what stands behind them is another one.
    const other = styleOf(found.rest.split(GAP)[0]);
    return other ? failure(other) : { ok: true, answer: found.source };
  }
  const read = checkIn(whole, whole.nodes[0]);
  if (mode === "abduction") {
    if (!read.ok) return read;
    const { argument } = read.check;
    return argument === ""
      ? failure("noInput")
      : { ok: true, answer: argument };
  }
  if (!read.ok) {
    const { cause } = read;
    const isMore = cause === "notOneCall" || cause === "noCall";
    return failure(isMore ? "notOneValue" : cause);
  }
  const { value } = read.check;
  if (value === null) return failure("notOneValue");
  const commented = withoutComments(whole, value.from, value.to);
  // Brackets that only hold a thought are not part of the value.
  const isThought = value.name === "ParenthesizedExpression" &&
    commented !== value.text;
  const answer = isThought ? commented.slice(1, -1).trim() : commented;
  return { ok: true, answer };
}
