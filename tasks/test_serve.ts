/**
 * Tests `deno task serve` as other trainers use it: the server as a process of its own
 * under load.
 *
 *     deno task test:serve [--write]
 *
 * `--write` keeps the figures in data/engine/serve.json, of which `deno task report`
 * makes data/engine/serve.md.
 */

import { cpus } from "node:os";
import { join } from "node:path";
import { brokenBounds } from "./serve/load_bounds.ts";
import { loadTest } from "./serve/measure_load.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task test:serve [OPTIONS]\n",
  "tests the environment's server under load on this machine",
  "  --write              keeps the figures in data/engine/serve.json",
].join("\n");

const FIGURES = join(
  import.meta.dirname!,
  "..",
  "data",
  "engine",
  "serve.json",
);

async function main(args: readonly string[]): Promise<number> {
  const { values } = readWords(args, { write: { type: "boolean" } });
  const load = await loadTest(console.log);
  const figures = {
    command: "deno task test:serve --write",
    hardware: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    loadAverage: Deno.loadavg().map((load) => Number(load.toFixed(1))),
    load,
  };
  if (values.write) {
    await Deno.writeTextFile(FIGURES, JSON.stringify(figures, null, 2) + "\n");
    console.log(FIGURES);
  }
  const broken = brokenBounds(load);
  for (const bound of broken) console.log(`NOT MET: ${bound}`);
  return broken.length > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(USAGE, main);
