/**
 * Composite programs: a proposal that must build on functions from the buffer,
 * `f` calling `g_0`, `g_1` and so on (paper, appendix D.2: no gain, the proposer
 * tends towards `f = g_0`, so composites are off by default).
 *
 * A part keeps its text but for its outermost names: `f` becomes `g_0`, a helper
 * `h` beside it `g_0_h`, so that no two parts and no proposal get in each
 * other's way. Names are changed where the syntax tree has a variable, never in
 * strings, comments or properties, and not where an inner scope has a variable
 * of the same name. A part for which that cannot be done exactly is not used,
 * with a named cause. The gold output comes from running the whole.
 *
 * The official code renames `f` alone (by its syntax tree too), so that the
 * helpers of two parts meet.
 */

import {
  hasFixedImport,
  hasModuleSyntax,
  isWellFormed,
  type Language,
  type OuterNames,
  outerNames,
  type Program,
  renamed,
} from "../../sandbox/mod.ts";

/** The causes why a program cannot be a part. */
type PartCause =
  /** Longer, or nested deeper, than any program worth building on. */
  | "partTooLarge"
  /** The grammar does not cover it. */
  | "partUnread"
  /** Neither a definition of `f` nor one lone expression. */
  | "partWithoutEntry"
  /** An import whose name cannot be changed. */
  | "partImportFixed"
  /** A class body gives an outer name a second meaning. */
  | "partNameAmbiguous"
  /** It uses a name that the composite program needs. */
  | "partNameTaken";

/** A part under its own name, or the cause why the program cannot be one. */
type PartDefinition =
  | { ok: true; source: string }
  | { ok: false; cause: PartCause };

/** Returns the name of a part in the composite program. */
export function partName(index: number): string {
  return `g_${index}`;
}

/** Names that a part may have in a composite program: `g_0`, or `g_0_helper` beside it. */
const PART_NAME = /^g_\d+(_|$)/;

/** Defines a part under its own name, or names the cause why that cannot be done. */
export function partDefinition(
  program: Program,
  index: number,
): PartDefinition {
  const fail = (cause: PartCause): PartDefinition => ({ ok: false, cause });
  const names = outerNames(program);
  if (names === null) return fail("partTooLarge");
  if (!isWellFormed(names.root)) return fail("partUnread");
  const fixed = program.language === "python"
    ? hasFixedImport(names.root)
    : hasModuleSyntax(names.root);
  if (fixed) return fail("partImportFixed");
  if (names.ambiguous) return fail("partNameAmbiguous");
  const known = [...names.bound, ...names.inner];
  if (known.some((name) => PART_NAME.test(name))) return fail("partNameTaken");
  const rename = (name: string) =>
    name === "f" ? partName(index) : `${partName(index)}_${name}`;
  if (names.bound.has("f")) {
    return { ok: true, source: renamed(program.source, names.uses, rename) };
  }
  const expression = loneExpression(names);
  if (expression === null) return fail("partWithoutEntry");
  const value = `${partName(index)} = (${expression})`;
  return {
    ok: true,
    source: program.language === "python" ? value : `const ${value};`,
  };
}

/** Returns the text of a program that is one expression, without what follows the expression; else null. */
function loneExpression({ root }: OuterNames): string | null {
  const [statement, ...others] = root.children;
  if (others.length > 0 || statement?.name !== "ExpressionStatement") {
    return null;
  }
  return statement.children[0].text;
}

/** Returns the definitions of all parts, one after the other. Throws `TypeError` for a program that cannot be a part. */
export function partDefinitions(parts: readonly Program[]): string {
  return parts.map((part, index) => {
    const definition = partDefinition(part, index);
    if (definition.ok) return definition.source;
    throw new TypeError(
      `part ${index} cannot be built on (${definition.cause}): ` +
        "draw parts for which partDefinition is ok",
    );
  }).join("\n");
}

/** Returns the parts' definitions, then the proposed program. Throws as `partDefinitions` does. */
export function composeProgram(
  parts: readonly Program[],
  source: string,
): string {
  return parts.length === 0 ? source : `${partDefinitions(parts)}\n${source}`;
}

/** The causes why a proposal does not build on its parts as asked. */
type CompositeCause =
  /** It never names a part. */
  | "partUnused"
  /** It defines a part's name itself. */
  | "partRedefined"
  /** Too long, or nested too deep, to be read. */
  | "compositeTooLarge";

/** Returns why a proposed program does not use every part or defines one of their names; null where it is right. */
export function checkParts(
  count: number,
  source: string,
  language: Language,
): CompositeCause | null {
  if (count === 0) return null;
  const alone = outerNames({ language, source });
  if (alone === null) return "compositeTooLarge";
  if ([...alone.bound].some((name) => PART_NAME.test(name))) {
    return "partRedefined";
  }
  // To the tree, part names are bound by definitions that are not yet there.
  const stubs = Array.from(
    { length: count },
    (_, i) =>
      language === "python" ? `${partName(i)} = 0` : `var ${partName(i)};`,
  );
  const whole = outerNames({ language, source: [...stubs, source].join("\n") });
  if (whole === null) return "compositeTooLarge";
  const used = new Set(
    whole.uses.filter(({ binds }) => binds === null)
      .map(({ node }) => node.text),
  );
  const unused = Array.from({ length: count }, (_, i) => partName(i))
    .some((name) => !used.has(name));
  return unused ? "partUnused" : null;
}
