/**
 * Cyclomatic complexity (McCabe, 1976): one more than the number of decisions,
 * which is the number of independent paths.
 *
 * Decisions: `if` and `elif`, loops, conditional expressions, `case` of `switch`
 * and `match` except the catch-all (`default`, a bare `_`), exception handlers,
 * `&&`, `||`, `??`, `and`, `or`, and each `for` and `if` of a comprehension. Not
 * decisions: `else`, `finally`, `assert`, optional chaining.
 */

import {
  allNodes,
  isFunction,
  logicalOperator,
  type SyntaxNode,
} from "./syntax.ts";

/** Returns the number of the whole program: one, and all decisions in it. */
export function cyclomaticComplexity(root: SyntaxNode): number {
  let decisions = 0;
  for (const node of allNodes(root)) decisions += decisionsAt(node);
  return 1 + decisions;
}

/** Returns the number of the most complex function, without the functions inside it; 1 where there is no function. */
export function largestCyclomaticComplexity(root: SyntaxNode): number {
  let largest = 1;
  for (const node of allNodes(root)) {
    if (isFunction(node)) largest = Math.max(largest, 1 + ownDecisions(node));
  }
  return largest;
}

function ownDecisions(node: SyntaxNode): number {
  return node.children.reduce(
    (sum, child) =>
      isFunction(child) ? sum : sum + decisionsAt(child) + ownDecisions(child),
    0,
  );
}

/** Constructs that are one decision whatever they hold. */
const SINGLE = new Set([
  ...["ForStatement", "WhileStatement", "DoStatement", "CatchClause"],
  ...["ConditionalExpression", "CaseLabel"],
]);

function decisionsAt(node: SyntaxNode): number {
  if (SINGLE.has(node.name)) return 1;
  if (logicalOperator(node) !== null) return 1;
  const keywords = (...names: string[]) =>
    node.children.filter(({ name }) => names.includes(name)).length;
  if (node.name === "IfStatement") return keywords("if", "elif");
  if (node.name === "TryStatement") return keywords("except");
  if (node.name.includes("Comprehension")) return keywords("for", "if");
  if (node.name === "MatchClause") return isCatchAll(node) ? 0 : 1;
  return 0;
}

/** Tells whether a node is `case _:` without a guard. */
function isCatchAll({ children }: SyntaxNode): boolean {
  const hasGuard = children.some(({ name }) => name === "Guard");
  const pattern = children[1];
  const token = pattern?.children[0] ?? pattern;
  return !hasGuard && token?.text === "_";
}
