/** The benchmarks by name. */

import { known } from "../../method/nearest.ts";
import type { Benchmark } from "./benchmark.ts";
import { cruxevalInput, cruxevalOutput } from "./cruxeval.ts";
import { humaneval } from "./humaneval.ts";
import { humanevalplus } from "./humanevalplus.ts";
import { livecodebench } from "./livecodebench.ts";
import { livecodebenchExecution } from "./livecodebench_execution.ts";
import {
  aime24,
  aime25,
  amc23,
  gsm8k,
  math500,
  minerva,
  olympiadbench,
} from "./maths_sets.ts";
import { mmluPro } from "./mmlu_pro.ts";
import { mbppplus } from "./mbppplus.ts";

// Each benchmark reads its own items and is given no others.
// deno-lint-ignore no-explicit-any
export const BENCHMARKS: readonly Benchmark<any>[] = [
  cruxevalOutput,
  cruxevalInput,
  livecodebenchExecution,
  humaneval,
  humanevalplus,
  mbppplus,
  livecodebench,
  gsm8k,
  math500,
  amc23,
  aime24,
  aime25,
  minerva,
  olympiadbench,
  mmluPro,
];

/** The benchmark of a name. Throws `RangeError` naming the known ones. */
export function benchmarkNamed(name: string): typeof BENCHMARKS[number] {
  const found = BENCHMARKS.find((benchmark) => benchmark.name === name);
  if (found) return found;
  const names = known(name, BENCHMARKS.map((benchmark) => benchmark.name));
  throw new RangeError(`there is no benchmark "${name}", only ${names}`);
}
