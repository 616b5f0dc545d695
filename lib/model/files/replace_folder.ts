/**
 * Replacing a folder whole: it is written beside its place and renamed into it.
 *
 * There is no system call here that exchanges two folders, so for a moment
 * between two renames the old folder has another name; whoever comes next puts it
 * back. A process killed at any moment, or a machine without power, therefore
 * leaves the old folder or the new one, whole. Left out: two processes that write
 * one folder at the same time.
 */
import { basename, dirname, join, resolve } from "node:path";
import { syncFolder, syncTree } from "./durable.ts";

/**
 * Runs `write` on a copy of `folder`, then puts the copy in the folder's place. All
 * other files, subfolders, links and their modes are kept. Where `folder` is a link,
 * the link's target is replaced. The copy is removed when `write` throws. A killed
 * process leaves the copy behind as a hidden folder whose name ends in `.tmp`.
 */
export async function replaceFolder(
  folder: string,
  write: (part: string) => Promise<void>,
): Promise<void> {
  const place = await placeOf(folder);
  await Deno.mkdir(dirname(place), { recursive: true });
  await restoreFolder(place);
  // Half removed ones must not be there to be put back another time.
  for (const old of await oldFolders(place)) {
    await Deno.remove(old, { recursive: true });
  }
  const part = join(
    dirname(place),
    `.${basename(place)}.${crypto.randomUUID().slice(0, 8)}.tmp`,
  );
  try {
    // Not by makeTempDir, whose folders nobody else may read.
    await Deno.mkdir(part);
    const links = await exists(place) ? await copyFolder(place, part) : [];
    await write(part);
    for (const link of links) await restoreLink(part, link);
    syncTree(part);
    await swap(part, place);
  } catch (error) {
    await Deno.remove(part, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** Restores a folder whose replacement was interrupted between its two renames. */
export async function restoreFolder(folder: string): Promise<void> {
  const place = await placeOf(folder);
  if (await exists(place)) return;
  const [old] = await oldFolders(place);
  if (old !== undefined) await Deno.rename(old, place);
}

/** Returns the real path of a folder that may be given by a link, also a link to nothing. */
async function placeOf(folder: string): Promise<string> {
  let place = resolve(folder);
  // More links than any system follows are a circle.
  for (let links = 0; links < 40; links++) {
    if (!(await infoOf(place))?.isSymlink) return place;
    place = resolve(dirname(place), await Deno.readLink(place));
  }
  throw new Error(`${folder}: its links lead in a circle; name a folder`);
}

/** Finds the old folders that interrupted replacements left, complete or half removed. */
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

/** A file that the old folder links to, copied so that it can be written over. */
interface CopiedLink {
  name: string;
  target: string;
}

/** Time of change by which a copied link is known that nobody wrote to since. */
const UNTOUCHED = new Date(1000);

/** Copies what lies in a folder; links to files become files, and are returned. */
async function copyFolder(from: string, to: string): Promise<CopiedLink[]> {
  const links: CopiedLink[] = [];
  await copyMode(from, to);
  for await (const { name, isFile, isSymlink } of Deno.readDir(from)) {
    const [source, copy] = [join(from, name), join(to, name)];
    if (isFile) {
      await Deno.copyFile(source, copy);
      const { mtime } = await Deno.stat(source);
      if (mtime !== null) await Deno.utime(copy, mtime, mtime);
    } else if (isSymlink && await isFileBehind(source)) {
      await Deno.copyFile(source, copy);
      await Deno.utime(copy, UNTOUCHED, UNTOUCHED);
      links.push({ name, target: await Deno.readLink(source) });
    } else await copyWhole(source, copy);
  }
  return links;
}

async function restoreLink(part: string, { name, target }: CopiedLink) {
  const path = join(part, name);
  const info = await infoOf(path);
  if (info?.mtime?.getTime() !== UNTOUCHED.getTime()) return;
  await Deno.remove(path);
  await Deno.symlink(target, path);
}

/** A subfolder, whose files may be large and get a second name, or a link. */
async function copyWhole(from: string, to: string): Promise<void> {
  const info = await Deno.lstat(from);
  if (info.isSymlink) return await Deno.symlink(await Deno.readLink(from), to);
  if (info.isFile) {
    // Not every file system gives a file two names.
    return await Deno.link(from, to).catch(() => Deno.copyFile(from, to));
  }
  if (!info.isDirectory) {
    throw new Error(
      `${from}: neither file, folder nor link, so that it cannot be copied; ` +
        `move it out of the folder, or save to another one`,
    );
  }
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copyWhole(join(from, name), join(to, name));
  }
  await copyMode(from, to);
}

async function copyMode(from: string, to: string): Promise<void> {
  const { mode } = await Deno.stat(from);
  if (mode !== null && Deno.build.os !== "windows") {
    await Deno.chmod(to, mode & 0o7777);
  }
}

async function swap(part: string, folder: string): Promise<void> {
  const old = `${part}.old`;
  const hadOld = await exists(folder);
  if (hadOld) await Deno.rename(folder, old);
  await Deno.rename(part, folder);
  syncFolder(dirname(folder));
  if (hadOld) await Deno.remove(old, { recursive: true });
}

async function isFileBehind(link: string): Promise<boolean> {
  try {
    return (await Deno.stat(link)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await infoOf(path) !== null;
}

async function infoOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
