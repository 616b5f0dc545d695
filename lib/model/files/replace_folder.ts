/**
 * Replacing a folder whole: it is written beside its place and renamed into it.
 *
 * There is no system call here that exchanges two folders, so for a moment
 * between two renames the old folder has another name; whoever comes next puts it
 * back. A process killed at any moment therefore leaves the old folder or the new
 * one, whole. Left out: two processes that write one folder at the same time.
 */
import { basename, dirname, join } from "node:path";

/**
 * Runs `write` on a fresh copy of `folder`, then puts the copy in its place.
 * The copy is removed when `write` throws; a killed process leaves it behind as
 * a hidden folder whose name ends in `.tmp`.
 */
export async function replaceFolder(
  folder: string,
  write: (part: string) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  await restoreFolder(folder);
  // Half removed ones must not be there to be put back another time.
  for (const old of await oldFolders(folder)) {
    await Deno.remove(old, { recursive: true });
  }
  const part = await Deno.makeTempDir({
    dir: dirname(folder),
    prefix: `.${basename(folder)}.`,
    suffix: ".tmp",
  });
  try {
    await copyFiles(folder, part);
    await write(part);
    await swap(part, folder);
  } catch (error) {
    await Deno.remove(part, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** Puts back a folder whose replacement was interrupted between its renames. */
export async function restoreFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  const [old] = await oldFolders(folder);
  if (old !== undefined) await Deno.rename(old, folder);
}

/** Where interrupted replacements have left the old folder, whole or half removed. */
async function oldFolders(folder: string): Promise<string[]> {
  const parent = dirname(folder);
  const [prefix, suffix] = [`.${basename(folder)}.`, ".tmp.old"];
  const found: string[] = [];
  if (!await exists(parent)) return found;
  for await (const { name } of Deno.readDir(parent)) {
    // A dot between the two would be a folder whose name begins like this one's.
    const middle = name.slice(prefix.length, -suffix.length);
    if (
      name.startsWith(prefix) && name.endsWith(suffix) && !middle.includes(".")
    ) found.push(join(parent, name));
  }
  return found;
}

async function copyFiles(from: string, to: string): Promise<void> {
  if (!await exists(from)) return;
  for await (const entry of Deno.readDir(from)) {
    if (entry.isFile) {
      await Deno.copyFile(join(from, entry.name), join(to, entry.name));
    }
  }
}

async function swap(part: string, folder: string): Promise<void> {
  const old = `${part}.old`;
  const hadOld = await exists(folder);
  if (hadOld) await Deno.rename(folder, old);
  await Deno.rename(part, folder);
  if (hadOld) await Deno.remove(old, { recursive: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
