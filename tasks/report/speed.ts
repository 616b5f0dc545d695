/** Tables of speed, from the logs of `deno task bench`. */

import { join } from "node:path";
import { median } from "../../lib/lab/evaluation/statistics.ts";
import { table } from "./table.ts";
import {
  type ModelBenchRow,
  ratiosToTorch,
} from "../../notebooks/figures/model_bench.ts";

/** Logs of the model's benchmark, by what was allowed. */
const MODEL_LOGS = {
  "two cores": ["bench.json", "bench_again.json"],
  "one thread": ["bench_one_thread.json"],
  "an older processor, two cores": ["bench_older.json"],
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
      ratioOf: (shape: string) => {
        const rounds = rows.filter((row) => row.shape === shape)
          .flatMap((row) => row.rounds);
        return spread(ratiosToTorch(rounds, field));
      },
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

/** A row of `deno task bench language_model`. */
interface LanguageRow {
  row: string;
  own: LanguageSide;
  torch: LanguageSide;
}

/** Figures of every round; `peak_bytes` also of the one that warms up. */
interface LanguageSide {
  tokens_per_s: number[];
  peak_bytes: number[];
}

/** The rows that are shown, in words. */
const LANGUAGE_ROWS: Record<string, string> = {
  "prefill": "prefill, 4 prompts of 512",
  "decode-1": "decoding, batch 1",
  "decode-16": "decoding, batch 16",
  "decode-64": "decoding, batch 64",
  "decode-8x8": "8 prompts of 256, 8 samples each",
  "train-8x256": "training, 8 sequences of 256",
  "train-1024": "training, 1 sequence of 1,024",
};

/** Speed and memory of a language model beside PyTorch's and PEFT's, from both logs. */
export function languageSpeedTable(folder: string): string {
  const logs = ["language_model.json", "language_model_lora.json"].map(
    (file): { rows: LanguageRow[] } =>
      JSON.parse(Deno.readTextFileSync(join(folder, file))),
  );
  const cells = ({ own, torch }: LanguageRow) => {
    const speeds = [own, torch].map(({ tokens_per_s }) => median(tokens_per_s));
    const peaks = [own, torch].map(({ peak_bytes }) =>
      peak_bytes.at(-1)! / 1e9
    );
    return [
      speeds.map((speed) => speed.toFixed(0)).join(" / "),
      spread(own.tokens_per_s.map((own, i) => own / torch.tokens_per_s[i])),
      peaks.map((peak) => peak.toFixed(1)).join(" / "),
    ];
  };
  const heads = ["all weights", "LoRA"].flatMap((mode) => [
    `${mode}: tokens a second`,
    "ratio",
    "peak, GB",
  ]);
  return table(
    ["work", ...heads],
    Object.entries(LANGUAGE_ROWS).map(([name, title]) => [
      title,
      ...logs.flatMap(({ rows }) =>
        cells(rows.find(({ row }) => row === name)!)
      ),
    ]),
  );
}

/** The median of some ratios, and the least and the largest one. */
function spread(ratios: readonly number[]): string {
  if (ratios.length === 0) return "";
  const of = (ratio: number) => ratio.toFixed(2);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${of(median(ratios))} (${of(least)} to ${of(most)})`;
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
