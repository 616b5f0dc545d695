/** A use of a name in a program, in either language. */

import type { PlacedNode } from "./syntax.ts";

/** One place where a name stands for a variable; properties and the like are none. */
export interface NameUse {
  node: PlacedNode;
  /** The scope in which the name is bound here, or null where it is used only. */
  binds: PlacedNode | null;
  /** Scopes in which it is looked up, innermost first, the program's own left out. */
  scopes: PlacedNode[];
  /** Form of the renamed text: `{f}` becomes `{f: g}`, `import m` becomes `import m as g`. */
  form: "plain" | "property" | "import";
}
