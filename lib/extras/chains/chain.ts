/**
 * Chains two programs into one that applies the first and then the second.
 *
 * The expression that the first program returns takes the place of the second program's
 * parameter, so that a chain reads like any other program of its world: `x=>x+2` and
 * `x=>x*3` give `x=>(x+2)*3`. Composite programs (composite.ts) ask the proposer to build
 * on others; chains need no proposer. Left out: Python, and every form but an arrow
 * function and, for the first program, a function that ends in its only `return`.
 */

import {
  everyNode,
  isWellFormed,
  type PlacedNode,
  placedSyntax,
  type Program,
} from "../../sandbox/mod.ts";

/** Expressions that need no parentheses where a variable stood. */
const TIGHT = new Set([
  "CallExpression",
  "MemberExpression",
  "ParenthesizedExpression",
  "VariableName",
  "ArrayExpression",
  "String",
]);

/** Returns the program that does `first` and then `second`, or null where their forms do not allow it. */
export function chainPrograms(first: Program, second: Program): Program | null {
  if (first.language === "python" || second.language !== first.language) {
    return null;
  }
  const inner = treeOf(first);
  const outer = treeOf(second);
  const returned = inner && (arrowBody(inner) ?? returnedBody(inner));
  const body = outer && arrowBody(outer);
  if (!inner || !outer || !returned || !body) return null;
  const parameter = definitions(outer)[0];
  const taken = new Set(definitions(inner));
  const bound = definitions(outer).slice(1);
  if (bound.some((name) => name === parameter || taken.has(name))) return null;
  const value = TIGHT.has(returned.name) ? returned.text : `(${returned.text})`;
  const source = first.source.slice(0, returned.from) +
    withValue(body, parameter, value) + first.source.slice(returned.to);
  return { language: first.language, source };
}

function treeOf(program: Program): PlacedNode | null {
  const tree = placedSyntax(program);
  return tree && isWellFormed(tree) && tree.children.length === 1
    ? tree.children[0]
    : null;
}

/** Returns the expression of `x=>expression`, or null for another form. */
function arrowBody(statement: PlacedNode): PlacedNode | null {
  const [arrow] = statement.children;
  if (statement.name !== "ExpressionStatement") return null;
  if (arrow?.name !== "ArrowFunction" || arrow.children.length !== 3) {
    return null;
  }
  const [parameters, , body] = arrow.children;
  const [parameter] = parameters.children.filter(({ name }) =>
    name === "VariableDefinition"
  );
  return parameter && definitions(parameters).length === 1 &&
      body.name !== "Block"
    ? body
    : null;
}

/** Returns the expression after the only `return` of a function that ends in it, or null. */
function returnedBody(statement: PlacedNode): PlacedNode | null {
  if (statement.name !== "FunctionDeclaration") return null;
  const returns = everyNode(statement).filter(({ name }) =>
    name === "ReturnStatement"
  );
  const block = statement.children.at(-1)!;
  const [last] = block.children.slice(-2);
  if (returns.length !== 1 || last !== returns[0]) return null;
  return last.children[1] ?? null;
}

function definitions(node: PlacedNode): string[] {
  return everyNode(node).filter(({ name }) => name === "VariableDefinition")
    .map(({ text }) => text);
}

/** Returns the text of an expression with every use of a variable replaced. */
function withValue(body: PlacedNode, variable: string, value: string): string {
  const uses = everyNode(body).filter(({ name, text }) =>
    name === "VariableName" && text === variable
  );
  let text = "";
  let end = body.from;
  for (const use of uses) {
    text += body.text.slice(end - body.from, use.from - body.from) + value;
    end = use.to;
  }
  return text + body.text.slice(end - body.from);
}
