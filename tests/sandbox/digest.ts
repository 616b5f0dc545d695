/**
 * Prints a digest over outcome and fuel of a fixed set of programs, hostile ones
 * included. Run by the determinism test under different flags and in both orders.
 */

import { createHash } from "node:crypto";

import { defaultLimits } from "../../lib/sandbox/limits.ts";
import { QuickJsEngine } from "../../lib/sandbox/javascript/quickjs.ts";
import { meteredQuickJs } from "../../lib/sandbox/javascript/quickjs_recipe.ts";
import { COMPARED_CASES, FURTHER_CASES } from "./hostile_javascript.ts";
import { workload } from "./workload.ts";

const limits = { ...defaultLimits, fuel: 5_000_000, sourceChars: 131_072 };
const engine = new QuickJsEngine(
  meteredQuickJs(),
  limits,
  () => ({ kind: "syntax", message: "" }),
);
const programs = [
  ...[
    ...workload("tiny", "javascript", 200),
    ...workload("medium", "javascript", 8),
  ]
    .map((
      { program, argument },
    ): [string, string] => [program.source, argument]),
  ...[...COMPARED_CASES, ...FURTHER_CASES]
    .filter(([, source]) => source.length <= limits.sourceChars)
    .map((
      [, source, , argument = "5"],
    ): [string, string] => [source, argument]),
];
const order = [...programs.keys()];
if (Deno.args[0] === "reverse") order.reverse();
const lines = new Array<string>(programs.length);
for (const i of order) {
  const [source, argument] = programs[i];
  const [outcome] = engine.runEach("javascript", source, [argument]);
  lines[i] = JSON.stringify(outcome);
}
if (!lines.every((line) => line.startsWith('{"kind":'))) Deno.exit(1);
console.log(createHash("sha256").update(lines.join("\n")).digest("hex"));
