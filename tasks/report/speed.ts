/** Tables of speed, from the logs of `deno task bench`. */

import { join } from "node:path";
import { median } from "../../lib/lab/evaluation/statistics.ts";
import { table } from "./table.ts";
import {
  type ModelBenchRow,
  ratioToTorch,
} from "../../notebooks/figures/model_bench.ts";

/** Logs of the model's benchmark, by what was allowed. */
const MODEL_LOGS = {
  "two cores": ["bench.json", "bench_again.json"],
  "one thread": ["bench_one_thread.json"],
};

const VERBS = {
  training: "train_tokens_per_s",
  generation: "generate_tokens_per_s",
};

/** Per shape the speed as a multiple of PyTorch's, over the rounds of all logs. */
export function modelSpeedTable(folder: string): string {
  const rowsOf = (file: string): ModelBenchRow[] =>
    JSON.parse(Deno.readTextFileSync(join(folder, file)));
  const columns = Object.entries(MODEL_LOGS).flatMap(([allowed, files]) => {
    const rows = files.flatMap(rowsOf);
    return Object.entries(VERBS).map(([verb, field]) => ({
      title: `${verb}, ${allowed}`,
      ratioOf: (shape: string) =>
        ratioToTorch(
          rows.filter((row) => row.shape === shape).flatMap((row) =>
            row.rounds
          ),
          field,
        )?.toFixed(2) ?? "",
    }));
  });
  return table(
    ["shape", ...columns.map(({ title }) => title)],
    rowsOf(MODEL_LOGS["two cores"][0]).map(({ shape, title }) => [
      `(${shape}) ${title}`,
      ...columns.map(({ ratioOf }) => ratioOf(shape)),
    ]),
  );
}

/** Rates and processor time of the sandbox: medians over the log's runs. */
export function sandboxSpeedTable(file: string): string {
  const { runs }: { runs: Record<string, number>[] } = JSON.parse(
    Deno.readTextFileSync(file),
  );
  const of = (field: string) => median(runs.map((run) => run[field]));
  const rate = (field: string) => Math.round(of(field)).toLocaleString("en-US");
  const rows = [
    ["**JavaScript, this sandbox**", "js_tiny_per_s", "js_tiny_cpu_us", "µs"],
    ["**Python, this sandbox**", "py_tiny_per_s", "py_tiny_cpu_ms", "ms"],
    ["a `node:vm` context each (not sealed)", "vm_tiny_per_s"],
    ["a `python3` process each (not sealed)", "spawn_python_per_s"],
    ["the same realm for all: no isolation at all", "same_realm_tiny_per_s"],
  ];
  return table(
    ["tiny programs, each from a fresh state", "a second", "CPU each"],
    rows.map(([title, speed, time, unit]) => [
      title,
      rate(speed),
      time === undefined ? "" : `${Number(of(time).toPrecision(2))} ${unit}`,
    ]),
  );
}
