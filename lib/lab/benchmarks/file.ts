/** Files of benchmarks: JSON lines, gzipped or not, as they are published. */

import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { Fields } from "./fields.ts";
import { type Line, linesOf } from "./rows.ts";

/**
 * Reads the items of a benchmark from its file in `folder`, the first `limit` of them.
 * Throws saying where to get the file if it is missing, and naming line and field if it
 * is another one.
 */
export async function readItems<Item extends { id: string }>(
  benchmark: Benchmark<Item>,
  folder: string,
  limit = Infinity,
): Promise<Item[]> {
  const names = benchmark.files.flatMap((name) => [name, `${name}.gz`]);
  const path = names.map((name) => join(folder, name)).find(isFile);
  if (path === undefined) {
    throw new Error(
      `${benchmark.name}: there is no ${names.join(" or ")} in ${folder}. ` +
        `deno task data get ${benchmark.name} fetches it from ${benchmark.source}; ` +
        "or give the folder that has it as --data",
    );
  }
  const items: Item[] = [];
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (line.text.trim() === "") continue;
    items.push(readItem(benchmark, line, `${path}:${number}`));
    if (items.length >= limit) break;
  }
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
  { text, place }: Line,
  at: string,
): Item {
  try {
    return benchmark.read(new Fields(text, place));
  } catch (error) {
    throw new Error(
      `${at}: ${
        (error as Error).message
      }. ${benchmark.name} is read from the ` +
        `file of ${benchmark.source}`,
    );
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
