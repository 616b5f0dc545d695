/**
 * `deno task bench scale [--write]`: how many tasks a second the buffers take and lend,
 * how many rows and bytes a second the logs take, and how many requests a second go to a
 * server on this machine and back. `--write` keeps the figures in
 * data/engine/scale_bench.json, which `deno task report` holds against what 64 nodes
 * would ask.
 */
import { join } from "node:path";
import { Buffers } from "../lib/method/buffer/buffers.ts";
import type { Task } from "../lib/method/modes/task.ts";
import { randomStream } from "../lib/random.ts";
import { LogFile } from "../lib/run/log_file.ts";
import { inFlight } from "../lib/engines/in_flight.ts";
import { machineNow } from "./machine.ts";
import { benchOptions } from "./bench/options.ts";

const CAPACITY = 16384;

function taskNumber(i: number): Task {
  return {
    id: `1-deduction-${i}`,
    mode: "deduction",
    program: {
      language: "python",
      source: `def f(a):\n    b = a + ${i}\n    return [b, b * ${i % 7}]\n`,
    },
    examples: [{ argument: `${i}`, output: `[${2 * i}, 0]` }],
    shownCount: 1,
    message: "",
    provenance: {
      ...{ source: "proposed", parents: ["a", "b"], step: 1, seed: 1 },
      ...{ verdict: "valid", solveRate: 0.5 },
    },
  };
}

/** How often a second something happens that is done `count` times. */
async function rate(count: number, all: () => unknown): Promise<number> {
  const start = performance.now();
  await all();
  return Math.round(count / ((performance.now() - start) / 1000));
}

async function main(): Promise<void> {
  const { values } = benchOptions({
    name: "scale",
    says: "measures buffers, logs and requests to a server on this machine",
    options: {
      write: {
        type: "boolean",
        says: "keep the figures in data/engine/scale_bench.json",
      },
    },
  });
  const tasks = Array.from({ length: CAPACITY }, (_, i) => taskNumber(i));
  const limits = { capacity: CAPACITY, inputsPerProgram: 0 };
  const buffers = new Buffers({ limits, tasks: { deduction: [] } });
  const added = await rate(
    tasks.length,
    () => tasks.forEach((task) => buffers.of("deduction").add([task])),
  );
  const prompts = 500;
  const drawn = await rate(prompts, () => {
    for (let i = 0; i < prompts; i++) {
      const stream = randomStream(1, "bench", i);
      buffers.drawReferences("deduction", 6, stream);
    }
  });
  const folder = await Deno.makeTempDir();
  const log = LogFile.open(join(folder, "log.jsonl"), 0);
  const row = { ...tasks[0], response: "x".repeat(8000) };
  const rows = 20_000;
  const written = await rate(rows, () => {
    for (let i = 0; i < rows; i += 500) {
      log.writeRows(Array.from({ length: 500 }, () => row));
    }
    log.sync();
  });
  const megabytes = Math.round(written * log.bytes / rows / 1e6);
  log.close();
  await Deno.remove(folder, { recursive: true });
  const figures = {
    command: "deno task bench scale --write",
    ...machineNow(),
    tasks_added_per_s: added,
    prompts_drawn_per_s: drawn,
    rows_logged_per_s: written,
    megabytes_logged_per_s: megabytes,
    requests_per_s: await requests(),
  };
  const text = JSON.stringify(figures, null, 2) + "\n";
  console.log(text);
  if (!values.write) return;
  await Deno.writeTextFile("data/engine/scale_bench.json", text);
}

/** Requests of 8 kB with an answer of 8 kB, 128 in flight, as the Tinker engine has. */
async function requests(): Promise<number> {
  const body = "x".repeat(8000);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => new Response(await request.text()),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const count = 3000;
  return await rate(
    count,
    () =>
      inFlight(Array.from({ length: count }), 128, async () => {
        const answer = await fetch(url, { method: "POST", body });
        await answer.text();
      }),
  );
}

await main();
