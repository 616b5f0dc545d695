/**
 * The official code's scores for intrinsic rewards, with its constants, on this
 * folder's measures.
 *
 * The official code measures Python alone, with ComplexiPy, radon and Python's own syntax
 * trees. The counts here follow the definitions of those libraries as far as both
 * languages share them. Single programs can differ a little; the differences are named.
 */

import { cognitiveComplexity } from "./cognitive.ts";
import { largestCyclomaticComplexity } from "./cyclomatic.ts";
import { type Halstead, halsteadOf, isOperandToken } from "./halstead.ts";
import {
  allNodes,
  logicalOperator,
  parseSyntax,
  type SyntaxNode,
} from "./syntax.ts";
import type { Program } from "../../sandbox/mod.ts";

/** Cognitive complexity divided by 15, not clipped (official `complexity_reward`). */
export function officialComplexityScore(program: Program): number {
  return cognitiveComplexity(parseSyntax(program)) / 15;
}

/**
 * Returns `0.5·min(E/10000, 1) + 0.3·min(C/10, 1) + 0.2·min(V/500, 1)`, to three digits
 * (official `halstead_reward`): effort and volume as {@link officialHalstead}
 * counts them, and the largest cyclomatic complexity of a function, where radon
 * also counts `assert` and the `else` of loops.
 */
export function officialHalsteadScore(program: Program): number {
  const root = parseSyntax(program);
  const { effort, volume } = officialHalstead(root);
  const largest = largestCyclomaticComplexity(root);
  const score = 0.5 * Math.min(effort / 10_000, 1) +
    0.3 * Math.min(largest / 10, 1) + 0.2 * Math.min(volume / 500, 1);
  return Math.round(score * 1000) / 1000;
}

const OPERATIONS = new Set([
  ...["BinaryExpression", "UnaryExpression", "AssignmentExpression"],
  "UpdateStatement",
]);

/**
 * Counts operators and operands as radon does. Operators are unary, binary, comparing and
 * logical operations and assignments with an operation. Operands are told apart by name
 * or text; every other expression is an operand of its own.
 */
export function officialHalstead(root: SyntaxNode): Halstead {
  const operators: string[] = [];
  const operands: string[] = [];
  for (const node of allNodes(root)) {
    if (!OPERATIONS.has(node.name) || isPlainAssignment(node)) continue;
    const signs = node.children.filter(isSign);
    operators.push(signs.map(signText).join(" "));
    node.children.filter((child) => !isSign(child)).forEach((operand) => {
      // A chain of one logical operator or of comparisons is one operation.
      const isChained = isSameChain(node, operand);
      if (isChained && logicalOperator(node) !== null) operators.pop();
      if (!isChained) operands.push(operandText(operand, operands.length));
    });
  }
  return halsteadOf(operators, operands);
}

function isSign(node: SyntaxNode): boolean {
  if (node.name.endsWith("Op")) return true;
  return node.children.length === 0 && !isOperandToken(node);
}

/** Returns the text of an operator. The grammar wraps `*` and `**` once more, and leaves an empty token where it could not go on. */
function signText({ text, children }: SyntaxNode): string {
  return text || (children.at(0)?.text ?? "");
}

function isPlainAssignment({ name, children }: SyntaxNode): boolean {
  return name === "AssignmentExpression" &&
    !children.some((child) => child.name === "UpdateOp");
}

function isSameChain(node: SyntaxNode, operand: SyntaxNode): boolean {
  if (operand.name !== "BinaryExpression") return false;
  const operator = logicalOperator(node);
  if (operator !== null) return logicalOperator(operand) === operator;
  const isComparison = ({ children }: SyntaxNode) =>
    children.some(({ name }) => name === "CompareOp");
  return isComparison(node) && isComparison(operand);
}

/** Returns a name, an attribute's last name, a literal's text, or something unique. */
function operandText(node: SyntaxNode, unique: number): string {
  if (node.text !== "") return node.text;
  const last = node.children.at(-1);
  return node.name === "MemberExpression" && last?.name === "PropertyName"
    ? last.text
    : `#${unique}`;
}

/**
 * Returns `1 − ratio` of Ratcliff and Obershelp between the two trees written out, one
 * node a line (official `mean_edit_distance_reward`, which compares the characters
 * of JSON dumps of Python's trees).
 */
export function officialEditDistance(a: Program, b: Program): number {
  return 1 -
    matchingRatio(treeLines(parseSyntax(a)), treeLines(parseSyntax(b)));
}

function treeLines(root: SyntaxNode): string[] {
  const lines: string[] = [];
  const write = (node: SyntaxNode, depth: number) => {
    lines.push(`${depth} ${node.name} ${node.text}`);
    for (const child of node.children) write(child, depth + 1);
  };
  write(root, 0);
  return lines;
}

/** Returns twice the matching elements over all elements, as `difflib.SequenceMatcher.ratio` does. */
export function matchingRatio<T>(a: readonly T[], b: readonly T[]): number {
  if (a.length + b.length === 0) return 1;
  return 2 * matches(a, 0, a.length, b, 0, b.length) / (a.length + b.length);
}

/** Returns the number of elements in the longest common run and, found in the same way, in the runs left and right of it. */
function matches<T>(
  a: readonly T[],
  startA: number,
  endA: number,
  b: readonly T[],
  startB: number,
  endB: number,
): number {
  let size = 0, bestA = startA, bestB = startB;
  let previous = new Uint32Array(endB - startB + 1);
  for (let i = startA; i < endA; i++) {
    const current = new Uint32Array(previous.length);
    for (let j = startB; j < endB; j++) {
      if (a[i] !== b[j]) continue;
      const run = previous[j - startB] + 1;
      current[j - startB + 1] = run;
      if (run <= size) continue;
      size = run;
      bestA = i - run + 1;
      bestB = j - run + 1;
    }
    previous = current;
  }
  if (size === 0) return 0;
  return size + matches(a, startA, bestA, b, startB, bestB) +
    matches(a, bestA + size, endA, b, bestB + size, endB);
}
