/** Errors of the disk, with their folder and their cure. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ArgumentError } from "./arguments.ts";
import { taskCommand } from "./hints.ts";

/** Refuses a folder that cannot be written before anything is computed; leaves no trace. */
export function requireWritable(folder: string): void {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  try {
    Deno.removeSync(Deno.makeTempDirSync({ dir: there, prefix: ".writable-" }));
  } catch (error) {
    throw new ArgumentError(
      `${there} cannot be written (${
        (error as Error).message
      }): choose another folder with --out`,
    );
  }
}

/** Returns the cure of a disk that is full, or may not be written, in the middle of a run; else "". */
export function diskCure(message: string, folder: string): string {
  const goOn = taskCommand("selfplay", ["--resume", "--out", folder]);
  if (/os error 28|ENOSPC|no space left/i.test(message)) {
    return `. The disk of ${folder} is full: free some of it, then go on with\n  ${goOn}`;
  }
  if (/os error 30|EROFS|read-only file system/i.test(message)) {
    return `. The disk of ${folder} can only be read: mount it for writing, then go on with\n  ${goOn}`;
  }
  return "";
}
