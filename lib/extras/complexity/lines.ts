/** Lines of code: what a reader counts. */

import { allNodes, type SyntaxNode } from "./syntax.ts";

/**
 * Lines on which a token of the program begins: blank lines and lines that hold
 * only a comment do not count, nor do the further lines of a long string.
 */
export function codeLines(root: SyntaxNode): number {
  const lines = new Set<number>();
  for (const node of allNodes(root)) {
    if (node.children.length === 0 && node.text !== "") lines.add(node.line);
  }
  return lines.size;
}
