/**
 * `deno task bench executor_ideas`: measures into which parts the CPU time of a
 * JavaScript verdict falls, and what sharing the loading of a program saves. All of it
 * runs in this process, without frames and children. The numbers are microseconds of
 * CPU, medians of rounds that take turns.
 */

import process from "node:process";

import { defaultLimits } from "../lib/sandbox/limits.ts";
import { writeBytecodeValue } from "../lib/sandbox/python/bytecode_writer.ts";
import { parseJavaScriptList } from "../lib/sandbox/literals/literal_javascript.ts";
import { QuickJsEngine } from "../lib/sandbox/javascript/quickjs.ts";
import { meteredQuickJs } from "../lib/sandbox/javascript/quickjs_recipe.ts";
import { workload } from "../tests/sandbox/workload.ts";
import { benchOptions } from "./bench/options.ts";

const PROGRAMS = 2000;
const ROUNDS = 7;
/** The approximate number of bytes that are put back before every program. */
const SNAPSHOT_BYTES = 330_000;

benchOptions({
  name: "executor_ideas",
  says: "measures the parts of a JavaScript verdict's CPU time",
  options: {},
});
const jobs = workload("tiny", "javascript", PROGRAMS);
const engine = new QuickJsEngine(
  meteredQuickJs(),
  defaultLimits,
  () => ({ kind: "syntax", message: "" }),
);
const source = new Uint8Array(SNAPSHOT_BYTES).fill(1);
const target = new Uint8Array(SNAPSHOT_BYTES);

/** Each measurement does its work once for every program. */
const MEASUREMENTS: Record<string, (index: number) => void> = {
  "one program, one input": (i) => runInputs(i, 1),
  "one program, ten inputs": (i) => runInputs(i, 10),
  "restore alone (copy of the snapshot)": () => target.set(source),
  "arguments alone (parse and serialise)": (i) => {
    parseJavaScriptList(jobs[i].argument, defaultLimits).map(
      writeBytecodeValue,
    );
  },
};

function runInputs(index: number, inputs: number): void {
  const { program, argument } = jobs[index];
  const list = Array<string>(inputs).fill(argument);
  for (const _ of engine.runEach("javascript", program.source, list));
}

function cpuMicroseconds(work: (index: number) => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < PROGRAMS; i++) work(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / PROGRAMS;
}

const names = Object.keys(MEASUREMENTS);
const rounds = Array.from(
  { length: ROUNDS },
  () => names.map((name) => cpuMicroseconds(MEASUREMENTS[name])),
);
names.forEach((name, i) => {
  const sorted = rounds.map((round) => round[i]).toSorted((a, b) => a - b);
  console.log(`${name.padEnd(40)} ${sorted[ROUNDS >> 1].toFixed(1)} µs`);
});
