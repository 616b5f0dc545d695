/** Counts lines of code as a reader does. */

import { allNodes, type SyntaxNode } from "./syntax.ts";

/**
 * Returns the number of lines on which a token begins. Blank lines, lines with only a
 * comment and the further lines of a long string do not count.
 */
export function codeLines(root: SyntaxNode): number {
  const lines = new Set<number>();
  for (const node of allNodes(root)) {
    if (node.children.length === 0 && node.text !== "") lines.add(node.line);
  }
  return lines.size;
}
