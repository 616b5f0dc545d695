/**
 * Reads the opening of a prompt together with the model's continuation, by the language's
 * grammar, as data: the function, the asserts, or the cause why a text holds none.
 * Nothing runs.
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

/** The cause for which a response is not of the form that its prompt opened. */
type CodeFormatCause =
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

export type Failure = { ok: false; cause: CodeFormatCause };
export const failure = (cause: CodeFormatCause): Failure => ({
  ok: false,
  cause,
});

/** A token that ends a response, as its vocabulary spells it. */
export const END_TOKEN = /<[^<>\s]{1,40}>$/;

/** The opening of the prompt and the model's continuation, as one text. */
export interface Continued {
  language: Language;
  text: string;
  /** Whether the model said that this is all. */
  ended: boolean;
  /** The statements. */
  nodes: PlacedNode[];
}

export function continued(
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
export function styleOf(text: string): CodeFormatCause | null {
  if (/^>>>/m.test(text)) return "replStyle";
  if (/^(?:print|console\.log)\b/m.test(text)) return "prints";
  if (/\n(?:async )?(?:def|class|function)\b/.test(text)) {
    return "severalFunctions";
  }
  return /^[ \t]+>>>/m.test(text) ? "doctest" : null;
}

/** Tells whether the line of a statement has ended. */
function isComplete({ text, ended }: Continued, node: PlacedNode): boolean {
  return ended || node.text.endsWith(";") ||
    /^[ \t]*;?[ \t]*(?:(?:#|\/\/)[^\n]*)?\n/.test(text.slice(node.to));
}

/** The function that the text begins with, or why there is none. */
export function firstFunction(
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

/**
 * Reads a statement that claims the result of a call; says what it is where it is none.
 * As a `call`, the statement may do without `assert`.
 */
export function checkIn(
  whole: Continued,
  node: PlacedNode | undefined,
  form: "assert" | "call" = "assert",
): { ok: true; check: Check } | Failure {
  if (node === undefined) {
    return whole.ended ? failure("noCall") : broken(whole);
  }
  const [claim, value] = claimIn(node, form);
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
function claimIn(
  node: PlacedNode,
  form: "assert" | "call",
): (PlacedNode | undefined)[] {
  const sides = (claim: PlacedNode) =>
    claim.name === "BinaryExpression" &&
      ["==", "===", "is"].includes(claim.children[1]?.text)
      ? [claim.children[0], claim.children[2]]
      : [claim];
  if (node.name === "AssertStatement") {
    return node.children[1] ? sides(node.children[1]) : [];
  }
  const call = node.name === "ExpressionStatement" ? node.children[0] : null;
  if (form === "call" && call?.text.startsWith("f(")) return sides(call);
  if (call?.name !== "CallExpression") return [];
  const [callee, list] = call.children;
  if (!/^(?:console\.)?assert\b/.test(callee.text)) return [];
  const given = list.children.filter(({ name }) => !/^[(),⚠]$/.test(name));
  return given.length === 0 ? [] : given.length === 1 ? sides(given[0]) : given;
}

/** A part of the text without its comments. */
export function withoutComments(
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
export function thoughtIn({ text, language, nodes }: Continued): string | null {
  const end = text.indexOf("\n", nodes[0]?.to ?? 0);
  const read = end < 0 ? text : text.slice(0, end);
  const comments = commentsIn(read, language)
    .map(({ from, to }) => read.slice(from, to));
  return comments.length === 0 ? null : comments.join("\n");
}
