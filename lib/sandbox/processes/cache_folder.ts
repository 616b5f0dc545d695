/**
 * The private cache folder of an executor's children, and the removal of those
 * whose owner was killed before it could remove its own.
 *
 * A folder's name holds its owner's process number. Left out: owners that a
 * container hides from this one count as dead; losing an old folder costs a child
 * its compilation cache and nothing else.
 */

import { dirname, join } from "node:path";

const PREFIX = "executor-";
/** A folder younger than this is left alone, whoever owns it. */
const YOUNG_MS = 600_000;

/** Makes a folder for this process and sweeps what dead ones left. */
export function makeCacheFolder(): string {
  const folder = Deno.makeTempDirSync({ prefix: `${PREFIX}${Deno.pid}-` });
  sweepCacheFolders(dirname(folder));
  return folder;
}

/** Removes the old cache folders in `parent` whose owners no longer run. */
export function sweepCacheFolders(parent: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(parent)) {
    const owner = /^executor-(\d+)-/.exec(name)?.[1];
    if (!isDirectory || owner === undefined || isAlive(owner)) continue;
    const folder = join(parent, name);
    try {
      const { mtime } = Deno.statSync(folder);
      if (mtime === null || Date.now() - mtime.getTime() < YOUNG_MS) continue;
      Deno.removeSync(folder, { recursive: true });
    } catch { /* another process sweeps too, or the folder is not ours */ }
  }
}

/** True also where the system does not say. */
function isAlive(pid: string): boolean {
  try {
    Deno.statSync("/proc/self");
  } catch {
    return true;
  }
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
