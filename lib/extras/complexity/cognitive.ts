/**
 * Cognitive complexity by the rules of SonarSource (G. A. Campbell, "Cognitive
 * Complexity", version 1.7): how hard control flow is to follow.
 *
 * One for each break in the flow: `if`, conditional expression, `switch`/`match`,
 * loop, exception handler, each plus its nesting; and without nesting `else`,
 * `else if`/`elif`, `else` of Python's loops and `try`, a jump to a label, each run
 * of equal logical operators, each function that calls itself by name. Nested
 * functions and lambdas deepen the nesting; a class does not. `with`, `try`,
 * `finally`, comprehensions and `??` are free.
 */

import { isFunction, logicalOperator, type SyntaxNode } from "./syntax.ts";

/** Returns the sum over the whole program. */
export function cognitiveComplexity(root: SyntaxNode): number {
  return below(root, { nesting: 0, isInFunction: false });
}

interface Place {
  nesting: number;
  isInFunction: boolean;
}

const BREAKS = new Set([
  ...["ForStatement", "WhileStatement", "DoStatement", "CatchClause"],
  ...["SwitchStatement", "MatchStatement", "ConditionalExpression"],
]);

function below(node: SyntaxNode, place: Place): number {
  return node.children.reduce((sum, child) => sum + at(child, place), 0);
}

function deeper(place: Place): Place {
  return { ...place, nesting: place.nesting + 1 };
}

function at(node: SyntaxNode, place: Place): number {
  if (isFunction(node)) return functionCost(node, place);
  if (node.name === "IfStatement") return ifCost(node, place, false);
  if (node.name === "TryStatement") return tryCost(node, place);
  if (BREAKS.has(node.name)) return breakCost(node, place);
  if (logicalOperator(node) !== null) return logicalCost(node, place);
  return jumpCost(node) + below(node, place);
}

function functionCost(node: SyntaxNode, place: Place): number {
  const name = node.children.find((child) =>
    child.name === "VariableDefinition" || child.name === "VariableName"
  );
  const isNamed = node.name === "FunctionDeclaration" ||
    node.name === "FunctionDefinition";
  const recursion = isNamed && name && callsByName(node, name.text) ? 1 : 0;
  const inside = {
    nesting: place.nesting + (place.isInFunction ? 1 : 0),
    isInFunction: true,
  };
  return recursion + below(node, inside);
}

function callsByName(node: SyntaxNode, name: string): boolean {
  return node.children.some((child) => {
    const callee = child.name === "CallExpression" ? child.children[0] : null;
    return callee?.text === name || callsByName(child, name);
  });
}

/** Counts an `if`. With `isElseIf` the statement is the whole `else` of another one, and nests no deeper. */
function ifCost(node: SyntaxNode, place: Place, isElseIf: boolean): number {
  let cost = isElseIf ? 0 : 1 + place.nesting;
  let afterElse = false;
  for (const child of node.children) {
    if (child.name === "elif" || child.name === "else") cost++;
    const isChained = afterElse && child.name === "IfStatement";
    cost += isChained ? ifCost(child, place, true) : inBranch(child, place);
    afterElse = child.name === "else";
  }
  return cost;
}

const BRANCHES =
  /^(?:Body|Block|SwitchBody|MatchBody|\w+Statement|\w+Declaration)$/;

/** Counts a statement with branches, which lie one level deeper than the condition that guards them. */
function inBranch(child: SyntaxNode, place: Place): number {
  return at(child, BRANCHES.test(child.name) ? deeper(place) : place);
}

/** Counts exception handlers: in Python keywords of the statement, in JavaScript a construct. */
function tryCost(node: SyntaxNode, place: Place): number {
  let cost = 0;
  let isHandler = false;
  for (const child of node.children) {
    if (child.name === "except") cost += 1 + place.nesting;
    if (child.name === "else") cost++;
    if (child.name === "except") isHandler = true;
    if (child.name === "else" || child.name === "finally") isHandler = false;
    cost += at(child, isHandler ? deeper(place) : place);
  }
  return cost;
}

function breakCost(node: SyntaxNode, place: Place): number {
  if (node.name === "ConditionalExpression") {
    return 1 + place.nesting + below(node, deeper(place));
  }
  const cost = node.children.reduce(
    (sum, child) => sum + inBranch(child, place),
    1 + place.nesting,
  );
  const hasElse = node.children.some(({ name }) => name === "else");
  return hasElse ? cost + 1 : cost; // the `else` of Python's loops
}

/** Tells whether a node is a `break` or `continue` with a label. */
function jumpCost({ name, children }: SyntaxNode): number {
  const isJump = name === "BreakStatement" || name === "ContinueStatement";
  return isJump && children.some((child) => child.name === "Label") ? 1 : 0;
}

/** Returns one for each run of equal operators, read from left to right. */
function logicalCost(node: SyntaxNode, place: Place): number {
  const operators: string[] = [];
  const operands: SyntaxNode[] = [];
  flatten(node, operators, operands);
  const counted = operators.filter((operator) => operator !== "??");
  const runs = counted.filter((operator, i) => operator !== counted[i - 1]);
  return operands.reduce((sum, part) => sum + at(part, place), runs.length);
}

/** Yields operators and operands in order; brackets alone do not start a new sequence. */
function flatten(
  node: SyntaxNode,
  operators: string[],
  operands: SyntaxNode[],
): void {
  const operator = logicalOperator(node);
  if (operator !== null) {
    flatten(node.children[0], operators, operands);
    operators.push(operator);
    flatten(node.children[2], operators, operands);
  } else if (
    node.name === "ParenthesizedExpression" && node.children.length === 3
  ) {
    flatten(node.children[1], operators, operands);
  } else {
    operands.push(node);
  }
}
