/**
 * What the names in a program refer to: for renaming its outermost ones, and for
 * telling its own names from those that it finds.
 */

import type { Language, Program } from "../outcome.ts";
import type { NameUse } from "./name_use.ts";
import { javascriptNames } from "./names_javascript.ts";
import { pythonNames } from "./names_python.ts";
import { type PlacedNode, placedSyntax } from "./syntax.ts";

/** The outermost names of a program and every use of them. */
export interface OuterNames {
  root: PlacedNode;
  /** Names that the program binds outside all functions and classes. */
  bound: Set<string>;
  /** Uses that refer to a name of `bound`. */
  uses: NameUse[];
  /** Names that are bound in inner scopes. */
  inner: Set<string>;
  /** Whether a class body binds an outer name too: the meaning of a use then changes while it runs. */
  ambiguous: boolean;
}

/** Resolves every name of a program; null where the program is too large to be parsed. */
export function outerNames(program: Program): OuterNames | null {
  const root = placedSyntax(program);
  if (root === null) return null;
  const all = namesIn(root, program.language);
  const bindings = bindingsOf(all);
  const bound = bindings.get(root) ?? new Set();
  bindings.delete(root);
  const owner = ({ node, binds, scopes }: NameUse) =>
    binds ?? scopes.find((scope) => bindings.get(scope)?.has(node.text)) ??
      root;
  return {
    root,
    bound,
    uses: all.filter((use) => bound.has(use.node.text) && owner(use) === root),
    inner: new Set([...bindings.values()].flatMap((names) => [...names])),
    ambiguous: all.some((use) =>
      use.binds === null && bound.has(use.node.text) &&
      owner(use).name === "ClassDefinition"
    ),
  };
}

function namesIn(root: PlacedNode, language: Language): NameUse[] {
  return language === "python" ? pythonNames(root) : javascriptNames(root);
}

/** Returns the names that each scope binds. */
function bindingsOf(
  uses: readonly NameUse[],
): Map<PlacedNode, Set<string>> {
  const bindings = new Map<PlacedNode, Set<string>>();
  for (const { node, binds } of uses) {
    if (binds === null) continue;
    const known = bindings.get(binds) ?? new Set();
    bindings.set(binds, known.add(node.text));
  }
  return bindings;
}

/**
 * Uses of names that a program finds instead of binding them itself: builtins,
 * globals of the host, and what it imports under any name.
 */
export function foundNames(root: PlacedNode, language: Language): NameUse[] {
  const all = namesIn(root, language);
  const own = bindingsOf(
    all.filter(({ node }) => node.parent!.name !== "ImportStatement"),
  );
  return all.filter(({ node, binds, scopes }) =>
    binds === null &&
    ![...scopes, root].some((scope) => own.get(scope)?.has(node.text))
  );
}

/** Returns the source with the given uses of names renamed. */
export function renamed(
  source: string,
  uses: readonly NameUse[],
  rename: (name: string) => string,
): string {
  let result = "";
  let end = 0;
  for (const use of uses) {
    result += source.slice(end, use.node.from) + replacement(use, rename);
    end = use.node.to;
  }
  return result + source.slice(end);
}

function replacement(
  { node, form }: NameUse,
  rename: (name: string) => string,
): string {
  const name = rename(node.text);
  if (form === "property") return `${node.text}: ${name}`;
  return form === "import" ? `${node.text} as ${name}` : name;
}
