/**
 * The weights of a model folder: one `model.safetensors`, or several with
 * `model.safetensors.index.json` saying which holds what.
 *
 * Left out: what the tensors mean (checkpoint.ts).
 */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import {
  bytesOf,
  SafetensorsFile,
  writeSafetensors,
  type WrittenTensor,
} from "./safetensors.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const WEIGHTS = /^model(-\d+-of-\d+)?\.safetensors(\.index\.json)?$/;

/**
 * Returns the open file that holds each tensor. A single file goes before an index, as in
 * `transformers`; with an index, a copy elsewhere than it says is stale and left
 * alone. Close the files.
 */
export function openWeights(folder: string): Map<string, SafetensorsFile> {
  const index = indexOf(folder);
  const names = index === null ? [SINGLE] : [...new Set(index.values())];
  const holders = new Map<string, SafetensorsFile>();
  const opened: SafetensorsFile[] = [];
  try {
    for (const name of names) {
      const file = SafetensorsFile.open(join(folder, name));
      opened.push(file);
      for (const tensor of file.entries.keys()) {
        if ((index?.get(tensor) ?? name) !== name) continue;
        const other = holders.get(tensor)?.path;
        if (other !== undefined) {
          throw new Error(
            `${file.path}: "${tensor}" is in ${other} too, and ${INDEX} does not ` +
              `say which counts; fetch the folder again`,
          );
        }
        holders.set(tensor, file);
      }
    }
    for (const [tensor, name] of index ?? []) {
      if (holders.has(tensor)) continue;
      throw new Error(
        `${
          join(folder, INDEX)
        }: weight_map says that "${tensor}" is in ${name}, ` +
          `which holds no such tensor; fetch both files again`,
      );
    }
  } catch (error) {
    for (const file of opened) file.close();
    throw error;
  }
  return holders;
}

/**
 * Returns the SHA-256 of the files that decide a model's results: `config.json` and the
 * weights, one after the other.
 */
export function modelHash(folder: string): string {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(1 << 20);
  for (const name of ["config.json", ...weightNames(folder)]) {
    using file = Deno.openSync(join(folder, name));
    for (;;) {
      const count = file.readSync(chunk);
      if (count === null) break;
      hash.update(chunk.subarray(0, count));
    }
  }
  return hash.digest("hex");
}

/** Writes one file, or several when they would exceed `shardBytes` each. */
export async function writeWeights(
  folder: string,
  tensors: readonly WrittenTensor[],
  shardBytes: number,
): Promise<void> {
  removeWeights(folder);
  const shards = shardsOf(tensors, shardBytes);
  if (shards.length === 1) {
    await writeSafetensors(join(folder, SINGLE), tensors);
    return;
  }
  const weightMap: Record<string, string> = {};
  const digits = (number: number) => String(number).padStart(5, "0");
  for (const [i, shard] of shards.entries()) {
    const name = `model-${digits(i + 1)}-of-${
      digits(shards.length)
    }.safetensors`;
    await writeSafetensors(join(folder, name), shard);
    for (const tensor of shard) weightMap[tensor.name] = name;
  }
  const total = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  await Deno.writeTextFile(
    join(folder, INDEX),
    JSON.stringify(
      { metadata: { total_size: total }, weight_map: weightMap },
      null,
      2,
    ) + "\n",
  );
}

/** Returns consecutive tensors within the limit; a larger tensor has a file of its own. */
function shardsOf(
  tensors: readonly WrittenTensor[],
  shardBytes: number,
): WrittenTensor[][] {
  const shards: WrittenTensor[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    if (filled > 0 && filled + bytesOf(tensor) > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += bytesOf(tensor);
  }
  return shards;
}

/** Weights of another layout would be read in place of the new ones. */
function removeWeights(folder: string) {
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (WEIGHTS.test(name)) Deno.removeSync(join(folder, name));
  }
}

function weightNames(folder: string): string[] {
  const index = indexOf(folder);
  return index === null ? [SINGLE] : [...new Set(index.values())];
}

/** Returns the file of each tensor by the index; null where there is a single file. */
function indexOf(folder: string): Map<string, string> | null {
  if (isFile(join(folder, SINGLE))) return null;
  const index = join(folder, INDEX);
  if (!isFile(index)) {
    throw new Error(
      `${folder}: neither ${SINGLE} nor ${INDEX}; convert other weight formats ` +
        `to safetensors first`,
    );
  }
  const map = new Map(Object.entries(weightMapOf(index)));
  const wrong = [...map.values()].find((name) =>
    typeof name !== "string" || basename(name) !== name
  );
  if (map.size === 0 || wrong !== undefined) {
    throw new Error(
      `${index}: weight_map names ${JSON.stringify(wrong ?? "no file")}; it ` +
        `must name files in this folder`,
    );
  }
  return map;
}

function weightMapOf(index: string): Record<string, string> {
  let reason = 'there is no "weight_map"';
  try {
    const map = JSON.parse(Deno.readTextFileSync(index))?.weight_map;
    if (typeof map === "object" && map !== null) return map;
  } catch (error) {
    reason = (error as Error).message;
  }
  throw new Error(`${index}: ${reason}; fetch the file again`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
