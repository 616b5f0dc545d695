/**
 * The syntax of what a model writes as a value or as the arguments of a call: a
 * text is taken only if it is one expression, or the inside of one call's brackets.
 */

import type { Language } from "../outcome.ts";
import { isWellFormed, type PlacedNode, placedSyntax } from "./syntax.ts";

/** One argument as it is written. */
export interface Piece {
  text: string;
  kind: "value" | "spread" | "mapping";
  /** Of a keyword argument. */
  name: string | null;
}

/** Returns the call that an argument list makes. */
export function callOf(text: string, entry = "f"): string {
  return `${entry}(${text}\n)`;
}

/** Returns the arguments of a call, or null where the text is not the inside of one call's brackets. */
export function piecesOf(text: string, language: Language): Piece[] | null {
  const source = callOf(text);
  const call = soleExpression(source, language);
  // In `f(a)(b)` it is `f(a)` that is called.
  if (call?.name !== "CallExpression" || call.children[0].text !== "f") {
    return null;
  }
  const list = call.children[1];
  if (list.name !== "ArgList") return null;
  const pieces: Piece[] = [];
  let nodes: PlacedNode[] = [];
  for (const node of list.children.slice(1)) {
    if (node.name !== "," && node !== list.children.at(-1)) {
      nodes.push(node);
      continue;
    }
    if (nodes.length > 0) pieces.push(pieceOf(nodes, source));
    nodes = [];
  }
  return pieces;
}

function pieceOf(nodes: readonly PlacedNode[], source: string): Piece {
  const [first, second] = nodes;
  const kind = first.text === "*" || first.name === "Spread"
    ? "spread"
    : first.text === "**"
    ? "mapping"
    : "value";
  const isKeyword = second?.name === "AssignOp" && second.text === "=";
  const start = isKeyword ? nodes[2] : kind === "value" ? first : second;
  const end = nodes[nodes.length - 1];
  return {
    kind,
    name: isKeyword ? first.text : null,
    text: source.slice(start?.from ?? end.to, end.to),
  };
}

/** Returns an expression whose value is that of the piece; what is spread, as a list. */
export function bracketed({ text, kind }: Piece, language: Language): string {
  if (kind !== "spread") return `(${text}\n)`;
  return language === "python" ? `[*(${text}\n)]` : `[...(${text}\n)]`;
}

/** The node of brackets around one expression, as opposed to `(f)(a)` or `(a) + (b)`. */
const BRACKETED = [
  "ParenthesizedExpression",
  "TupleExpression",
  "ComprehensionExpression",
];

/** Returns the text in brackets, if it is one expression. */
export function oneExpression(text: string, language: Language): string | null {
  const source = `(${text}\n)`;
  const node = soleExpression(source, language);
  // A text without an expression makes the empty tuple.
  if (!node || !BRACKETED.includes(node.name) || node.children.length < 3) {
    return null;
  }
  // In JavaScript `1, 2` would be 2.
  return node.children.some(({ name }) => name === "SequenceExpression")
    ? null
    : source;
}

/** Returns the one expression that a text is, if nothing stands before or after it. */
function soleExpression(
  source: string,
  language: Language,
): PlacedNode | null {
  const root = placedSyntax({ language, source });
  if (root === null || !isWellFormed(root)) return null;
  const [statement, ...others] = root.children;
  if (others.length > 0 || statement?.name !== "ExpressionStatement") {
    return null;
  }
  const [expression] = statement.children;
  const isWhole = statement.children.length === 1 && expression.from === 0 &&
    expression.to === source.length;
  return isWhole ? expression : null;
}
