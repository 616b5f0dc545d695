/**
 * Names in Python: what binds them, and in which scope.
 *
 * A name that is bound anywhere in a function is the function's own throughout,
 * unless it is declared `global` or `nonlocal`. Defaults, annotations, base
 * classes and a comprehension's first iterable are looked up outside.
 */

import type { NameUse } from "./name_use.ts";
import {
  around,
  everyNode,
  firstAfter,
  lastBefore,
  neighbour,
  type PlacedNode,
} from "./syntax.ts";

const COMPREHENSIONS = new Set([
  ...["ArrayComprehensionExpression", "SetComprehensionExpression"],
  ...["DictionaryComprehensionExpression", "ComprehensionExpression"],
]);

const FUNCTIONS = new Set(["FunctionDefinition", "LambdaExpression"]);

/** The nodes that can stand between a name and the construct that binds it. */
const TARGETS = new Set([
  ...["TupleExpression", "ArrayExpression", "ParenthesizedExpression"],
]);

/** Names that a function declares to be another scope's. */
type Declared = Map<PlacedNode, Map<string, "global" | "nonlocal">>;

/** Returns all uses of variables, in the order of the text. */
export function pythonNames(root: PlacedNode): NameUse[] {
  const declared: Declared = new Map();
  for (const node of everyNode(root)) {
    if (node.name !== "ScopeStatement") continue;
    const scope = scopesAround(node)[0] ?? root;
    const names = declared.get(scope) ?? new Map();
    const kind = node.children[0].name === "global" ? "global" : "nonlocal";
    for (const { text } of node.children.slice(1)) names.set(text, kind);
    declared.set(scope, names);
  }
  return everyNode(root).flatMap((node) =>
    node.name === "VariableName" && !isLabel(node)
      ? useOf(node, root, declared)
      : []
  );
}

function useOf(
  node: PlacedNode,
  root: PlacedNode,
  declared: Declared,
): NameUse {
  const kindIn = (scope: PlacedNode) => declared.get(scope)?.get(node.text);
  const scopes = scopesAround(node);
  const outermost = scopes.findIndex((scope) => kindIn(scope) === "global");
  if (outermost >= 0) scopes.length = outermost;
  const form = isUnaliasedImport(node) ? "import" : "plain";
  const use: NameUse = { node, binds: null, scopes, form };
  if (!isBinding(node)) return use;
  // The walrus binds in the function around a comprehension.
  const home = node.parent!.name === "NamedExpression"
    ? scopes.find(({ name }) => !COMPREHENSIONS.has(name))
    : scopes[0];
  if (home === undefined) use.binds = root;
  else if (kindIn(home) !== "nonlocal") use.binds = home;
  return use;
}

/** Scopes in which a node's names are looked up, innermost first, without the program's. */
function scopesAround(node: PlacedNode): PlacedNode[] {
  const scopes: PlacedNode[] = [];
  let inner = node;
  let insideFunction = false;
  for (const outer of around(node)) {
    const isFunction = FUNCTIONS.has(outer.name)
      ? looksInside(node, inner)
      : COMPREHENSIONS.has(outer.name) && !isFirstIterable(inner);
    // The names of a class are seen in its body alone, not in its methods.
    const isClass = outer.name === "ClassDefinition" && inner.name === "Body" &&
      !insideFunction;
    if (isFunction || isClass) scopes.push(outer);
    insideFunction ||= isFunction;
    inner = outer;
  }
  return scopes;
}

/** Tells whether a node in the part `inner` of a function belongs to the function's scope. */
function looksInside(node: PlacedNode, inner: PlacedNode): boolean {
  if (inner.name === "ParamList") {
    return node.parent === inner && !followsAssignment(node);
  }
  // The name itself, and what the function is said to return, are outside.
  return inner.name === "TypeParamList" ||
    (inner.name !== "TypeDef" && !isDefinitionName(inner));
}

function followsAssignment(node: PlacedNode): boolean {
  return neighbour(node, -1) === "AssignOp";
}

function isDefinitionName(node: PlacedNode): boolean {
  const owner = node.parent!.name;
  return node.name === "VariableName" &&
    (owner === "FunctionDefinition" || owner === "ClassDefinition");
}

/** `xs` in `[x for x in xs …]`: evaluated before the comprehension begins. */
function isFirstIterable(node: PlacedNode): boolean {
  const names = node.parent!.childNames;
  const first = names.indexOf("in");
  if (first < 0 || node.index < first) return false;
  const next = ["for", "if", "async"]
    .map((word) => names.indexOf(word, first))
    .filter((place) => place >= 0);
  return node.index < Math.min(names.length, ...next);
}

/** A word in the place of a name that is no variable: a keyword argument, a module. */
function isLabel(node: PlacedNode): boolean {
  const { name } = node.parent!;
  if (name === "ArgList") return neighbour(node, 1) === "AssignOp";
  if (name === "KeywordPattern") return true;
  return name === "ImportStatement" && !isImported(node);
}

function isBinding(node: PlacedNode): boolean {
  const target = outermostTarget(node);
  const { name } = target.parent!;
  switch (name) {
    case "FunctionDefinition":
    case "ClassDefinition":
    case "CapturePattern":
    case "TypeParam":
    case "DeleteStatement":
      return target === node;
    case "ImportStatement":
      return isImported(node);
    case "ParamList":
      return target === node && !followsAssignment(node);
    case "AssignStatement":
      return firstAfter(target, "AssignOp") >= 0 ||
        neighbour(target, 1) === "TypeDef";
    case "UpdateStatement":
    case "NamedExpression":
      return target === node && target.index === 0;
    case "TypeDefinition":
      return target.index === 1;
    case "WithStatement":
    case "TryStatement":
    case "AsPattern":
      return neighbour(target, -1) === "as";
    default:
      return (name === "ForStatement" || COMPREHENSIONS.has(name)) &&
        lastBefore(target, "for") > lastBefore(target, "in");
  }
}

/** Returns the outermost target that a nested one belongs to: for `g`, all of `(f, [g])`. */
function outermostTarget(node: PlacedNode): PlacedNode {
  let target = node;
  while (TARGETS.has(target.parent!.name)) target = target.parent!;
  return target;
}

/** Tells whether an import binds this name: it is the alias, or the first name where there is no alias. */
function isImported(node: PlacedNode): boolean {
  const before = neighbour(node, -1);
  if (before === "as") return true;
  if (before === "." || neighbour(node, 1) === "as") return false;
  if (node.parent!.childNames[0] === "from") {
    return lastBefore(node, "import") >= 0;
  }
  // `import os.path as p` binds p alone.
  const alias = firstAfter(node, "as");
  const comma = firstAfter(node, ",");
  return alias < 0 || (comma >= 0 && comma < alias);
}

function isUnaliasedImport(node: PlacedNode): boolean {
  return node.parent!.name === "ImportStatement" && isImported(node) &&
    neighbour(node, -1) !== "as";
}

/** Tells whether an import cannot have an alias: `import a.b`, `import *`, `from __future__`. */
export function hasFixedImport(root: PlacedNode): boolean {
  for (const { name, children } of everyNode(root)) {
    if (name !== "ImportStatement") continue;
    const words = children.map(({ text }) => text);
    if (words[0] === "from") {
      if (words.includes("*") || words[1] === "__future__") return true;
    } else if (words.includes(".")) return true;
  }
  return false;
}
