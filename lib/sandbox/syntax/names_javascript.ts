/**
 * Names in JavaScript and TypeScript: what binds them, and in which scope.
 *
 * Two corners are left out, since no program of a task is helped by them: a
 * function declared in a block is not also a variable of the function around it,
 * and a computed method name is looked up inside the method.
 */

import type { NameUse } from "./name_use.ts";
import { around, everyNode, type PlacedNode } from "./syntax.ts";

const BLOCKS = new Set([
  ...["Block", "ForStatement", "CatchClause", "SwitchBody"],
  // Holds the name of a class expression, which only the class itself sees.
  "ClassExpression",
]);

const PATTERNS = new Set(["ObjectPattern", "ArrayPattern", "PatternProperty"]);

/** Returns all uses of variables, in the order of the text. */
export function javascriptNames(root: PlacedNode): NameUse[] {
  return everyNode(root).flatMap((node) => useOf(node, root) ?? []);
}

function useOf(node: PlacedNode, root: PlacedNode): NameUse | null {
  const scopes = around(node).filter((outer) =>
    outer !== root && isScope(outer)
  );
  const isShorthand = node.name === "PropertyDefinition" &&
    node.parent?.name === "Property" && node.parent.children.length === 1;
  if (isShorthand) return { node, binds: null, scopes, form: "property" };
  if (node.name === "VariableName" || node.name === "TypeName") {
    const binds = assignsOutside(node) ? root : null;
    return { node, binds, scopes, form: "plain" };
  }
  if (node.name !== "VariableDefinition") return null;
  // `...rest` is alone in its PatternProperty after the dots.
  const form = node.parent!.name === "PatternProperty" &&
      node.parent!.children[0] === node
    ? "property"
    : "plain";
  return { node, binds: bindingScope(node, scopes, root), scopes, form };
}

function isScope(node: PlacedNode): boolean {
  return BLOCKS.has(node.name) || isFunctionScope(node);
}

/** Functions, methods and function types: whatever has parameters, or an expression's own name. */
function isFunctionScope(node: PlacedNode): boolean {
  return node.name === "FunctionExpression" ||
    node.children.some(({ name }) => name === "ParamList");
}

/** `f = …` as a statement of its own outside all functions defines `f` like a declaration. */
function assignsOutside(node: PlacedNode): boolean {
  const assignment = node.parent!;
  return assignment.name === "AssignmentExpression" &&
    assignment.children[0] === node &&
    assignment.parent!.name === "ExpressionStatement" &&
    assignment.parent!.parent!.name === "Script";
}

/** Returns the scope of a definition; null where a pattern assigns to an existing variable. */
function bindingScope(
  node: PlacedNode,
  scopes: readonly PlacedNode[],
  root: PlacedNode,
): PlacedNode | null {
  const owner = around(node).find(({ name }) => !PATTERNS.has(name))!;
  const innermost = scopes[0] ?? root;
  switch (owner.name) {
    case "AssignmentExpression":
      return null;
    case "FunctionDeclaration":
      return scopes[1] ?? root;
    case "VariableDeclaration":
    case "ForOfSpec":
    case "ForInSpec":
      return owner.children.some(({ name }) => name === "var")
        ? scopes.find(isFunctionScope) ?? root
        : innermost;
    default:
      return innermost;
  }
}

/** Tells whether a program imports or exports. */
export function hasModuleSyntax(root: PlacedNode): boolean {
  return root.children.some(({ name }) =>
    name === "ImportDeclaration" || name === "ExportDeclaration"
  );
}
