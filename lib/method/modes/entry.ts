/**
 * Programs whose function has another name than `f`.
 *
 * The official code calls a proposal's first function `f`, by a regular expression,
 * and refuses proposals with several unless told to take the last. Here the last
 * function outside all others is taken, since helpers come before it, and renamed
 * where the syntax tree has it: never in strings, and not if an inner scope has an
 * `f` of its own.
 */

import {
  isWellFormed,
  outerNames,
  type Program,
  renamed,
} from "../../sandbox/mod.ts";

const FUNCTIONS = new Set(["FunctionDefinition", "FunctionDeclaration"]);

/**
 * Returns the source with its function called `f`, the one that is named or the last;
 * as it is where it has an `f`, or none can be told.
 */
export function withEntryNamed(program: Program, named?: string): string {
  const names = outerNames(program);
  if (names === null || !isWellFormed(names.root)) return program.source;
  const known = [...names.bound, ...names.inner];
  if (known.includes("f") || names.ambiguous) return program.source;
  const definition = names.root.children
    .map((node) =>
      node.name === "DecoratedStatement" ? node.children.at(-1)! : node
    )
    .findLast(({ name }) => FUNCTIONS.has(name));
  const entry = named ??
    definition?.children.find(({ name }) =>
      name === "VariableName" || name === "VariableDefinition"
    )?.text;
  if (entry === undefined) return program.source;
  const uses = names.uses.filter(({ node }) => node.text === entry);
  return renamed(program.source, uses, () => "f");
}
