/**
 * Parses programs into the syntax trees that all measures of this folder read, with the
 * Lezer grammars.
 *
 * The parsers recover from errors, so that every text has a tree; the measure of a text
 * that is no program says little. TypeScript is parsed with its types, which count as
 * syntax.
 */

import type { SyntaxNode as LezerNode } from "@lezer/common";
import { COMMENTS, GRAMMARS, type Program } from "../../sandbox/mod.ts";

/** A node: a construct with children, or a token with its text. */
export interface SyntaxNode {
  /** The grammar's name, such as `IfStatement`; of punctuation and keywords the text. */
  name: string;
  /** Empty for tokens. */
  children: SyntaxNode[];
  /** Source text of a token; empty for constructs. */
  text: string;
  /** First source line, counted from 0. */
  line: number;
}

/**
 * Depth from which a construct counts as one token. Models write anything, and the walks
 * of this folder are recursive; programs that people read stay below 50.
 */
const MAXIMUM_DEPTH = 500;

/** The name of a token that stands for a construct nested too deep. */
const TOO_DEEP = "TooDeep";

/** Parses a program. Comments are not part of the tree. */
export function parseSyntax({ source, language }: Program): SyntaxNode {
  const lineStarts = [0];
  for (let i = 0; i < source.length; i++) {
    if (source[i] === "\n") lineStarts.push(i + 1);
  }
  const tree = GRAMMARS[language].parse(source);
  return converted(tree.topNode, source, lineStarts, 0);
}

function converted(
  node: LezerNode,
  source: string,
  lineStarts: readonly number[],
  depth: number,
): SyntaxNode {
  const children: SyntaxNode[] = [];
  const isTooDeep = depth === MAXIMUM_DEPTH && node.firstChild !== null;
  const first = isTooDeep ? null : node.firstChild;
  for (let child = first; child; child = child.nextSibling) {
    if (COMMENTS.has(child.name)) continue;
    children.push(converted(child, source, lineStarts, depth + 1));
  }
  return {
    name: isTooDeep ? TOO_DEEP : node.name,
    children,
    text: children.length === 0 ? source.slice(node.from, node.to) : "",
    line: lineOf(node.from, lineStarts),
  };
}

/** Returns the line that holds a position, by binary search. */
function lineOf(position: number, lineStarts: readonly number[]): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineStarts[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Yields all nodes, parents before children. */
export function* allNodes(root: SyntaxNode): Generator<SyntaxNode> {
  yield root;
  for (const child of root.children) yield* allNodes(child);
}

/** Constructs that define a function, in either language. */
const FUNCTIONS = new Set([
  ...["FunctionDeclaration", "FunctionExpression", "ArrowFunction"],
  ...["MethodDeclaration", "FunctionDefinition", "LambdaExpression"],
]);

export function isFunction({ name }: SyntaxNode): boolean {
  return FUNCTIONS.has(name);
}

/** Returns the operator of a logical expression (`&&`, `||`, `??`, `and`, `or`), or null. */
export function logicalOperator(node: SyntaxNode): string | null {
  if (node.name !== "BinaryExpression") return null;
  const operator = node.children[1];
  if (operator?.name === "and" || operator?.name === "or") return operator.name;
  return operator?.name === "LogicOp" ? operator.text : null;
}
