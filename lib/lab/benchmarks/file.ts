/** Files of benchmarks: JSON lines, gzipped or not, as they are published. */

import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { Fields } from "./fields.ts";

/**
 * Reads the items of a benchmark from its file in `folder`. Throws saying where to
 * get the file if it is missing, and naming line and field if it is another one.
 */
export async function readItems<Item extends { id: string }>(
  benchmark: Benchmark<Item>,
  folder: string,
): Promise<Item[]> {
  const names = benchmark.files.flatMap((name) => [name, `${name}.gz`]);
  const path = names.map((name) => join(folder, name)).find(isFile);
  if (path === undefined) {
    throw new Error(
      `${benchmark.name}: there is no ${names.join(" or ")} in ${folder}. ` +
        `It comes from ${benchmark.source}; give its folder as --data`,
    );
  }
  const items = (await readText(path)).split("\n").flatMap((line, i) =>
    line.trim() === "" ? [] : [readItem(benchmark, line, `${path}:${i + 1}`)]
  );
  const known = new Set<string>();
  for (const { id } of items) {
    if (known.has(id)) throw new Error(`${path}: two rows are called "${id}"`);
    known.add(id);
  }
  if (items.length === 0) throw new Error(`${path}: holds no rows`);
  return items;
}

function readItem<Item extends { id: string }>(
  benchmark: Benchmark<Item>,
  line: string,
  at: string,
): Item {
  try {
    return benchmark.read(new Fields(line));
  } catch (error) {
    throw new Error(
      `${at}: ${
        (error as Error).message
      }. ${benchmark.name} is read from the ` +
        `file of ${benchmark.source}`,
    );
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  if (!path.endsWith(".gz")) return new TextDecoder().decode(bytes);
  const unzipped = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(unzipped).text();
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
