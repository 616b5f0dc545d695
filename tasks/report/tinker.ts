/** Table of a training on a Tinker server beside the same one here (`deno task bench tinker`). */

import { join } from "node:path";
import type { TrainingRow } from "../bench_tinker.ts";
import { table } from "./table.ts";

/**
 * Returns the table of the rows that `deno task bench tinker --write` keeps in `data`: of
 * the steps that have a gradient, the first and then every fourth.
 */
export function tinkerTable(data: string): string {
  const file = join(data, "engine", "tinker_training.jsonl");
  const rows: TrainingRow[] = Deno.readTextFileSync(file).trim().split("\n")
    .map((line) => JSON.parse(line));
  const pair = (
    row: TrainingRow,
    of: keyof TrainingRow["local"],
    write: (value: number) => string,
  ) => [
    write(row.local[of]),
    write(row.server[of]),
  ];
  return table(
    [
      ...["step", "reward", "loss here", "on the server"],
      ...["gradient's norm here", "on the server"],
      ...["right answers here, nats", "on the server"],
    ],
    rows.filter(({ local }) => local.gradientNorm > 0)
      .filter((_, place) => place % 4 === 0).map((row) => [
        ...[`${row.step}`, row.reward.toFixed(2)],
        ...pair(row, "loss", (loss) => loss.toExponential(1)),
        ...pair(row, "gradientNorm", (norm) => norm.toFixed(2)),
        ...pair(row, "fixed", (nats) => nats.toFixed(3)),
      ]),
  );
}
