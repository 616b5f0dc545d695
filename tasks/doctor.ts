/**
 * `deno task doctor [--json]`: says what will compute and why, which versions
 * are there, and what to do about each thing that is missing. With `--json` one
 * object on stdout and nothing else.
 */

import { type Examination, examine } from "./doctor/examine.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task doctor [--json]\n",
  "says what will compute, what is missing and what to do about it",
  "  --json             one object on stdout and nothing else",
].join("\n");

/** Returns the findings as lines for a person. */
export function report(found: Examination): string {
  const absent = "not there";
  const rows: [string, string][] = [
    [
      "backend",
      `${
        found.backend ?? "none"
      }, on the ${found.device} (${found.deviceName})`,
    ],
    ...found.why.map((
      line,
      index,
    ): [string, string] => [index === 0 ? "why" : "", line]),
    ["TensorFlow", found.tensorflow ?? absent],
    ["Deno", found.deno + pinRemark(found)],
    ["kernel", found.kernel ?? absent],
    ["JupyterLab", found.jupyter ?? absent],
    ["NVIDIA GPU", found.gpu ?? "none seen"],
    ["Chromium", found.chromium ?? absent],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(12)}${value}`);
  if (found.missing.length === 0) {
    return [...lines, "", "Nothing is missing."].join("\n");
  }
  const cures = found.missing.map(({ what, cure }) => `- ${what}\n  → ${cure}`);
  return [...lines, "", "Missing:", ...cures].join("\n");
}

function pinRemark({ deno, pinnedDeno }: Examination): string {
  return deno === pinnedDeno
    ? " (the pinned version)"
    : `, but the tasks go on with ${pinnedDeno}`;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = readWords(args, { json: { type: "boolean" } });
  // The backends' own remarks must not mix with the answer.
  const print = console.log;
  console.log = console.error;
  const found = await examine();
  print(
    values.json ? JSON.stringify(found, null, 2) : report(found),
  );
  return found.backend === null ? 1 : 0;
}

if (import.meta.main) await runTask(USAGE, main);
