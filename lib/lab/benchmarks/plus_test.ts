/**
 * A test of EvalPlus as the Hub has it: code that assigns a list `inputs` and holds a
 * function to what the reference returns on each, in a loop of one line.
 *
 * The code is read and not run. The inputs are taken out of it as they are written, and
 * are judged like those of the release (evalplus.ts): the code's own comparison would
 * hold what is expected beside the program, and needs NumPy.
 */

import { GRAMMARS } from "../../sandbox/mod.ts";
import type { Fields } from "./fields.ts";

/** What a test says. */
interface PlusTest {
  /** Argument lists, without their brackets. */
  inputs: string[];
  /** The function that is called. */
  entry: string;
  tolerance: number;
}

/** Tells whether a row is the Hub's: it has a test in place of inputs. */
export function isHubs(row: Fields): boolean {
  return !row.has("base_input") && row.has("test") && row.text("test") !== "";
}

/** Reads the field `test` of a row. Throws `TypeError` naming what it has not. */
export function plusTest(source: string): PlusTest {
  const inputs = inputsOf(source);
  const check = /^ *for i, [^\n]*\binputs\b[^\n]*:\n +([^\n]+)/m.exec(source);
  const entry = /(\w+)\(\*inp\)/.exec(check?.[1] ?? "")?.[1];
  const tolerance = /(?:,|<=) *([\d.]+(?:e-?\d+)?)\)?$/.exec(
    check?.[1].trimEnd() ?? "",
  )?.[1];
  if (inputs.length === 0 || entry === undefined || tolerance === undefined) {
    throw new TypeError(
      'the field "test" is not of EvalPlus: it assigns no list "inputs" whose ' +
        "items a loop puts to a function within a tolerance",
    );
  }
  return { inputs, entry, tolerance: Number(tolerance) };
}

/** The argument lists that `inputs` is assigned; the list may have megabytes. */
function inputsOf(source: string): string[] {
  const found: string[] = [];
  const text = (node: { from: number; to: number }) =>
    source.slice(node.from, node.to);
  GRAMMARS.python.parse(source).iterate({
    enter({ name, node }) {
      if (name !== "AssignStatement") return;
      const [target, list] = [node.firstChild, node.lastChild];
      if (!target || !list || text(target) !== "inputs") return false;
      for (let item = list.firstChild; item; item = item.nextSibling) {
        const isCall = ["ArrayExpression", "TupleExpression"].includes(
          item.name,
        );
        if (isCall) found.push(text(item).slice(1, -1).replace(/,\s*$/, ""));
      }
      return false;
    },
  });
  return found;
}
