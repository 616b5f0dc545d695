/**
 * What a disk may hold when the power goes: images of a folder, taken at every
 * moment at which this process changes a file, with only those contents that were
 * synced, and names either as they are or as they were when their folder was synced.
 *
 * Deno's own calls do the work; they are only watched. Left out: contents that
 * reach the disk unasked, which a killed process leaves (kill_test.ts).
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";

/** A folder's files and folders by path; folders end in "/". */
export type DiskImage = Map<string, Uint8Array>;

/** Calls before and after which an image is taken. */
const CHANGES = [
  "openSync",
  "open",
  "writeTextFileSync",
  "writeTextFile",
  "mkdirSync",
  "mkdir",
  "renameSync",
  "rename",
  "removeSync",
  "remove",
  "copyFile",
  "utime",
] as const;
const SYNCS = ["sync", "syncSync", "syncDataSync"] as const;

type Calls = Record<string, (...args: unknown[]) => unknown>;

/** Watches a folder until it is disposed of. */
export class DiskWatch implements Disposable {
  readonly images = new Map<string, DiskImage>();
  readonly #folder: string;
  readonly #originals: Calls = {};
  readonly #syncs: Calls = {};
  /** Synced contents, by inode. */
  readonly #contents = new Map<number, Uint8Array>();
  /** Synced names of folders, by inode. */
  readonly #names = new Map<number, Map<string, number>>();
  readonly #isFolder = new Map<number, boolean>();
  /** Open, so that no inode is given away again. */
  readonly #held: Deno.FsFile[] = [];
  #paused = false;

  constructor(folder: string) {
    this.#folder = folder;
    const deno = Deno as unknown as Calls;
    for (const name of CHANGES) {
      this.#originals[name] = deno[name];
      deno[name] = (...args) =>
        this.#watched(() => this.#originals[name](...args));
    }
    const file = Deno.FsFile.prototype as unknown as Calls;
    for (const name of SYNCS) {
      const original = this.#syncs[name] = file[name];
      const saw = (synced: Deno.FsFile) =>
        this.#paused || this.#sawSync(synced);
      file[name] = function (this: Deno.FsFile, ...args) {
        const done = original.apply(this, args);
        saw(this);
        return done;
      };
    }
  }

  [Symbol.dispose]() {
    this.#paused = true;
    Object.assign(Deno, this.#originals);
    Object.assign(Deno.FsFile.prototype, this.#syncs);
    for (const file of this.#held) file.close();
  }

  #watched(change: () => unknown): unknown {
    if (this.#paused) return change();
    this.#take();
    const done = change();
    if (!(done instanceof Promise)) return this.#take(), done;
    return done.then((value) => (this.#take(), value));
  }

  #take(): void {
    this.#paused = true;
    for (const names of [currentNames, this.#syncedNames]) {
      const image: DiskImage = new Map();
      this.#draw(image, "", Deno.statSync(this.#folder).ino!, names);
      const hash = createHash("sha256");
      for (
        const [path, content] of [...image].sort(([a], [b]) => a < b ? -1 : 1)
      ) {
        hash.update(`${path}\n${content.length}\n`).update(content);
      }
      this.images.set(hash.digest("hex"), image);
    }
    this.#paused = false;
  }

  #draw(
    image: DiskImage,
    path: string,
    inode: number,
    namesOf: (folder: string, inode: number) => Map<string, number>,
  ): void {
    for (const [name, child] of namesOf(join(this.#folder, path), inode)) {
      if (this.#folderInodes(join(this.#folder, path, name), child)) {
        image.set(`${path}${name}/`, new Uint8Array());
        this.#draw(image, `${path}${name}/`, child, namesOf);
      } else {
        image.set(
          `${path}${name}`,
          this.#contents.get(child) ?? new Uint8Array(),
        );
      }
    }
  }

  /** Whether an inode is a folder; remembered, for its name may be gone. */
  #folderInodes(path: string, inode: number): boolean {
    const known = this.#isFolder.get(inode);
    if (known !== undefined) return known;
    const isFolder = Deno.lstatSync(path).isDirectory;
    this.#isFolder.set(inode, isFolder);
    this.#hold(path);
    return isFolder;
  }

  readonly #syncedNames = (_: string, inode: number) =>
    this.#names.get(inode) ?? new Map<string, number>();

  #sawSync(file: Deno.FsFile): void {
    this.#paused = true;
    const { ino, isDirectory } = file.statSync();
    const path = Deno.readLinkSync(`/proc/self/fd/${fdOf(file)}`);
    if (path.startsWith(this.#folder) || dirname(this.#folder) === path) {
      this.#isFolder.set(ino!, isDirectory);
      this.#hold(path);
      if (isDirectory) {
        this.#names.set(ino!, currentNames(path));
        for (const [name, child] of this.#names.get(ino!)!) {
          this.#folderInodes(join(path, name), child);
        }
      } else this.#contents.set(ino!, Deno.readFileSync(path));
    }
    this.#paused = false;
    this.#take();
  }

  #hold(path: string): void {
    this.#held.push((this.#originals.openSync as typeof Deno.openSync)(path));
  }
}

function currentNames(folder: string): Map<string, number> {
  return new Map(
    [...Deno.readDirSync(folder)].map(({ name }) => [
      name,
      Deno.lstatSync(join(folder, name)).ino!,
    ]),
  );
}

/** The descriptor of an open file, by which the system tells its path. */
function fdOf(file: Deno.FsFile): number {
  const { ino, dev } = file.statSync();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const info = Deno.statSync(`/proc/self/fd/${name}`);
      if (info.ino === ino && info.dev === dev) return Number(name);
    } catch {
      // Closed meanwhile: the listing's own.
    }
  }
  throw new Error("no descriptor of this file is open");
}

/** Writes an image into an empty folder. */
export function writeImage(image: DiskImage, folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const [path, content] of image) {
    if (path.endsWith("/")) {
      Deno.mkdirSync(join(folder, path), { recursive: true });
    } else Deno.writeFileSync(join(folder, path), content);
  }
}
