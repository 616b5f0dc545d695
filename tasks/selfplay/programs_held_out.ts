/**
 * The programs of benchmarks, on which a run that is measured by them may not train.
 *
 * Two programs are one if they have the same code without spacing, comments, docstrings,
 * types and imports, and with their last function called `f`, as proposals call theirs.
 * Not recognised: the same program with other names inside, or in another order.
 */

import {
  isWellFormed,
  type PlacedNode,
  placedSyntax,
  type Program,
} from "../../lib/sandbox/mod.ts";
import { withEntryNamed } from "../../lib/method/modes/entry.ts";
import { normaliseText } from "../../lib/lab/world/held_out.ts";
import type { Chosen } from "../../lib/lab/benchmarks/evaluate.ts";

/** Returns what tells whether a program is one that the chosen items show or ask for. */
export function programsHeldOut(
  // Each benchmark reads its own items and is given no others.
  // deno-lint-ignore no-explicit-any
  chosen: readonly Chosen<any>[],
): (program: Program) => boolean {
  const barred = new Set(
    chosen.flatMap(({ benchmark, items }) =>
      items.flatMap((item) => {
        const source = benchmark.program?.(item);
        return source === undefined ? [] : [codeOf(source)];
      })
    ),
  );
  return ({ language, source }) =>
    language === "python" && barred.size > 0 && barred.has(codeOf(source));
}

/** What a program does, in one layout; of a text that is no Python, its layout alone. */
function codeOf(source: string): string {
  const program = { language: "python", source } as const;
  const root = placedSyntax({ ...program, source: withEntryNamed(program) });
  const isRead = root !== null && isWellFormed(root);
  return normaliseText(isRead ? written(root) : source);
}

/** What the code of a program does not depend on, or nearly. */
const LEFT_OUT = ["TypeDef", "ImportStatement"];

function written(node: PlacedNode): string {
  const { name, text, children } = node;
  if (children.length === 0) return text;
  const isText = name === "ExpressionStatement" &&
    children.every((child) => /^(?:Continued)?String$/.test(child.name));
  if (isText || LEFT_OUT.includes(name)) return "";
  const code = children.map(written).join(" ");
  return name === "Body" ? `{${code}}` : code;
}
