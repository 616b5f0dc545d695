/** Finding recorded runs below a folder, in run folders and packed. */

import { join } from "node:path";
import {
  packedNames,
  packedText,
  recordingsIn,
} from "../../lib/run/packed/recordings.ts";

/** Finds the run folders at `parent` and up to three levels below, and packed runs, in order of name. */
export function findRuns(parent: string): string[] {
  const found: string[] = [];
  const visit = (folder: string, depth: number) => {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(folder)];
    } catch {
      return;
    }
    const names = new Set(entries.map(({ name }) => name));
    if (names.has("config.json") && names.has("metrics.jsonl")) {
      found.push(folder);
      return;
    }
    if (depth === 0) return;
    for (const { name, isDirectory } of entries) {
      if (isDirectory) visit(join(folder, name), depth - 1);
    }
  };
  visit(parent, 3);
  const packed = packedFolders(parent, 3).flatMap((folder) =>
    packedNames(folder).map((name) => join(folder, name))
  ).filter((run) => packedText(join(run, "config.json")) !== null);
  return [...new Set([...found, ...packed])].sort();
}

/** Finds the packed folders at `parent` and so many levels below. */
export function packedFolders(parent: string, levels: number): string[] {
  const own = recordingsIn(parent).length > 0 ? [parent] : [];
  if (levels === 0) return own;
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(parent)];
  } catch {
    return own;
  }
  return entries.filter(({ isDirectory }) => isDirectory).reduce(
    (found, { name }) => [
      ...found,
      ...packedFolders(join(parent, name), levels - 1),
    ],
    own,
  );
}
