/** Brings the file of a benchmark into a folder, checked and in the form that is read. */

import { createRequire } from "node:module";
import { basename, join } from "node:path";
import type * as Arrow from "apache-arrow";
import type * as Parquet from "parquet-wasm";
import type { Benchmark } from "../../lib/lab/benchmarks/benchmark.ts";
import { readItems } from "../../lib/lab/benchmarks/file.ts";
import { download, type DownloadProgress } from "../setup/download.ts";
import { locate } from "./locate.ts";
import { SOURCES } from "./sources.ts";

/** Rows that are read to see whether a file has the schema; some files are larger than the memory. */
const READ = 2000;

/**
 * Fetches the benchmark's file, or takes it from `from`, and returns its path in
 * `folder`. A fetch that was cut off goes on where it stopped. Throws where what came
 * is not what was announced, or is of another schema; nothing is left in its place.
 */
export async function getBenchmark(
  // Each benchmark reads its own items and is given no others.
  // deno-lint-ignore no-explicit-any
  benchmark: Benchmark<any>,
  folder: string,
  from: string | undefined,
  progress: DownloadProgress,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const parts = from === undefined
    ? await fetchParts(benchmark.name, join(folder, ".parts"), progress)
    : [from];
  const draft = await Deno.makeTempDir({ dir: folder, prefix: ".draft-" });
  try {
    const isZipped = parts.length === 1 && parts[0].endsWith(".gz");
    const name = `${benchmark.files[0]}${isZipped ? ".gz" : ""}`;
    await joined(parts, join(draft, name));
    await readItems(benchmark, draft, READ);
    await Deno.rename(join(draft, name), join(folder, name));
    if (from === undefined) {
      for (const part of parts) await Deno.remove(part);
    }
    return join(folder, name);
  } finally {
    await Deno.remove(draft, { recursive: true });
  }
}

async function fetchParts(
  name: string,
  folder: string,
  progress: DownloadProgress,
): Promise<string[]> {
  const files = await locate(SOURCES[name]);
  const total = files.reduce((sum, { size = 0 }) => sum + size, 0);
  const targets: string[] = [];
  let before = 0;
  for (const { path, size, ...file } of files) {
    // The hash in the name: what is left of another version is not gone on with.
    const version = file.digest?.hex.slice(0, 12) ?? `${size}`;
    const target = join(folder, `${version}-${basename(path)}`);
    await download(
      { ...file, target },
      (received) => progress(before + received, total),
    );
    const found = (await Deno.stat(target)).size;
    if (size !== undefined && found !== size) {
      await Deno.remove(target);
      throw new Error(`${file.url}: has ${found} bytes instead of ${size}`);
    }
    before += size ?? 0;
    targets.push(target);
  }
  return targets;
}

/** Writes files one behind the other, each ending with its line; Parquet as JSON lines. */
async function joined(parts: readonly string[], target: string): Promise<void> {
  if (parts.length === 1 && !parts[0].endsWith(".parquet")) {
    return await Deno.copyFile(parts[0], target);
  }
  using out = await Deno.open(target, { create: true, write: true });
  for (const part of parts) {
    const lines = part.endsWith(".parquet")
      ? ReadableStream.from(await parquetLines(part))
      : (await Deno.open(part)).readable;
    let last = 0x0a;
    for await (const chunk of lines) {
      for (let at = 0; at < chunk.length;) {
        at += await out.write(chunk.subarray(at));
      }
      last = chunk.at(-1) ?? last;
    }
    if (last !== 0x0a) await out.write(new Uint8Array([0x0a]));
  }
}

/** The rows of a Parquet file as JSON lines. Both packages are loaded here, where one is read. */
async function parquetLines(path: string): Promise<Uint8Array[]> {
  const require = createRequire(import.meta.url);
  const arrow = require("apache-arrow") as typeof Arrow;
  const { readParquet } = require("parquet-wasm") as typeof Parquet;
  const stream = readParquet(await Deno.readFile(path)).intoIPCStream();
  const plain = (_key: string, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value;
  const text = new TextEncoder();
  return arrow.tableFromIPC(stream).toArray().map((row) =>
    text.encode(`${JSON.stringify(row, plain)}\n`)
  );
}
