/**
 * Syntax trees with parents and places: what a text of a program says, without
 * running it. The grammars are Lezer's, which read any text and mark what they
 * could not make sense of. What a name refers to is decided in
 * `names_javascript.ts` and `names_python.ts`.
 */

import type { SyntaxNode as LezerNode } from "@lezer/common";
import { parser as javascriptParser } from "@lezer/javascript";
import { parser as pythonParser } from "@lezer/python";
import type { Language, Program } from "../outcome.ts";

/** Longer texts are not read: what is composed is short, and models write anything. */
const MAXIMUM_CHARACTERS = 8000;
/** Nor are texts that nest deeper; the walks below are recursive. */
const MAXIMUM_DEPTH = 200;

/** A construct or token of a program. */
export interface PlacedNode {
  /** Name of the node in the grammar. */
  name: string;
  text: string;
  /** Offsets into the source; `to` is exclusive. */
  from: number;
  to: number;
  parent: PlacedNode | null;
  /** Place among the parent's children. */
  index: number;
  /** Comments are left out. */
  children: PlacedNode[];
  /** The names of the children, in order. */
  childNames: string[];
}

/** The grammar of each language. */
export const GRAMMARS: Record<Language, typeof pythonParser> = {
  python: pythonParser,
  javascript: javascriptParser,
  typescript: javascriptParser.configure({ dialect: "ts" }),
};

/** The names of comments in the grammars. */
export const COMMENTS: ReadonlySet<string> = new Set([
  "Comment",
  "LineComment",
  "BlockComment",
]);

/** The grammars' name for text that they cannot parse. */
const ERROR = "⚠";

/**
 * Parses a program to its tree; null where the program is too large. The tree of a text
 * with errors is the parser's best guess.
 */
export function placedSyntax({ source, language }: Program): PlacedNode | null {
  if (source.length > MAXIMUM_CHARACTERS) return null;
  const tree = GRAMMARS[language].parse(source);
  let depth = 0;
  let deepest = 0;
  tree.iterate({
    enter: () => {
      deepest = Math.max(deepest, ++depth);
    },
    leave: () => {
      depth--;
    },
  });
  return deepest > MAXIMUM_DEPTH ? null : placed(tree.topNode, source, null);
}

function placed(
  node: LezerNode,
  source: string,
  parent: PlacedNode | null,
): PlacedNode {
  const { name, from, to } = node;
  const result: PlacedNode = {
    name,
    text: source.slice(from, to),
    from,
    to,
    parent,
    index: parent?.children.length ?? 0,
    children: [],
    childNames: [],
  };
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (COMMENTS.has(child.name)) continue;
    result.children.push(placed(child, source, result));
    result.childNames.push(child.name);
  }
  return result;
}

/** Returns a node and all nodes below it, parents before children. */
export function everyNode(root: PlacedNode): PlacedNode[] {
  const found: PlacedNode[] = [];
  const visit = (node: PlacedNode) => {
    found.push(node);
    node.children.forEach(visit);
  };
  visit(root);
  return found;
}

/** Tells whether the parser met no error in a program. */
export function isWellFormed(root: PlacedNode): boolean {
  return everyNode(root).every(({ name }) => name !== ERROR);
}

/** Returns the nodes around a node, innermost first. */
export function around(node: PlacedNode): PlacedNode[] {
  const found: PlacedNode[] = [];
  for (let outer = node.parent; outer; outer = outer.parent) found.push(outer);
  return found;
}

/** Returns the name of the sibling before or after a node, if there is one. */
export function neighbour(node: PlacedNode, step: 1 | -1): string | undefined {
  return node.parent?.childNames[node.index + step];
}

/** Returns the place of the nearest earlier sibling of a name, or -1. */
export function lastBefore(node: PlacedNode, name: string): number {
  return node.index === 0
    ? -1
    : node.parent!.childNames.lastIndexOf(name, node.index - 1);
}

/** Returns the place of the nearest later sibling of a name, or -1. */
export function firstAfter(node: PlacedNode, name: string): number {
  return node.parent!.childNames.indexOf(name, node.index + 1);
}
