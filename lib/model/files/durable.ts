/**
 * Bringing files to the disk, so that a loss of power leaves them as they are.
 *
 * A rename may reach the disk before the contents of what was renamed: whoever
 * renames a draft into its place calls `syncTree` first, and `syncFolder` on the
 * place's parent afterwards.
 */
import { join } from "node:path";

/** Waits until every file and folder below a folder is on the disk. */
export function syncTree(folder: string): void {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) syncTree(path);
    else if (entry.isFile) syncFile(path);
  }
  syncFolder(folder);
}

/** Waits until the names in a folder are on the disk, where the system supports that. */
export function syncFolder(path: string): void {
  try {
    using folder = Deno.openSync(path);
    folder.syncSync();
  } catch {
    // Windows opens no folders; a rename there is written through.
  }
}

function syncFile(path: string): void {
  // Windows flushes only what is open for writing; elsewhere a file may be read-only.
  const write = Deno.build.os === "windows";
  using file = Deno.openSync(path, { read: true, write });
  file.syncSync();
}
