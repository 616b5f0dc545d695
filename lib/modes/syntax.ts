/**
 * Syntax trees with parents and places, for changing names in a program's text.
 *
 * The grammars are those of the complexity stage (Lezer); that stage measures
 * and has no use for places. What a name refers to is decided in
 * `names_javascript.ts` and `names_python.ts`.
 */

import type { SyntaxNode as LezerNode } from "@lezer/common";
import { parser as javascriptParser } from "@lezer/javascript";
import { parser as pythonParser } from "@lezer/python";
import type { Language, Program } from "../executor/mod.ts";

/** A construct or token of a program. */
export interface PlacedNode {
  /** The grammar's name. */
  name: string;
  text: string;
  /** Offsets into the source; `to` is exclusive. */
  from: number;
  to: number;
  parent: PlacedNode | null;
  /** Comments are left out. */
  children: PlacedNode[];
}

const PARSERS: Record<Language, typeof pythonParser> = {
  python: pythonParser,
  javascript: javascriptParser,
  typescript: javascriptParser.configure({ dialect: "ts" }),
};

const COMMENTS = new Set(["Comment", "LineComment", "BlockComment"]);

/** What the grammar could not make sense of. */
const ERROR = "⚠";

/** The tree of a program; of a text that is none, the parser's best guess. */
export function placedSyntax({ source, language }: Program): PlacedNode {
  return placed(PARSERS[language].parse(source).topNode, source, null);
}

function placed(
  node: LezerNode,
  source: string,
  parent: PlacedNode | null,
): PlacedNode {
  const { name, from, to } = node;
  const text = source.slice(from, to);
  const result: PlacedNode = { name, text, from, to, parent, children: [] };
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (COMMENTS.has(child.name)) continue;
    result.children.push(placed(child, source, result));
  }
  return result;
}

/** All nodes, parents before children. */
export function* everyNode(root: PlacedNode): Generator<PlacedNode> {
  yield root;
  for (const child of root.children) yield* everyNode(child);
}

/** Whether the grammar understood all of it. */
export function isWellFormed(root: PlacedNode): boolean {
  for (const { name } of everyNode(root)) if (name === ERROR) return false;
  return true;
}

/** The nodes around a node, innermost first. */
export function* around(node: PlacedNode): Generator<PlacedNode> {
  for (let outer = node.parent; outer; outer = outer.parent) yield outer;
}

/** Siblings after a node. */
export function following(node: PlacedNode): PlacedNode[] {
  const siblings = node.parent?.children ?? [];
  return siblings.slice(siblings.indexOf(node) + 1);
}

/** Siblings before a node. */
export function preceding(node: PlacedNode): PlacedNode[] {
  const siblings = node.parent?.children ?? [];
  return siblings.slice(0, siblings.indexOf(node));
}
