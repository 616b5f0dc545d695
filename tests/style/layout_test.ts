/** The layout that lets a newcomer find things: held here, so that it stays. */

import assert from "node:assert/strict";
import { join } from "node:path";

const LIB = new URL("../../lib/", import.meta.url).pathname;

/** Imports between folders of lib: from which file, of which folder's file. */
interface Crossing {
  file: string;
  from: string;
  folder: string;
  entry: string;
}

const folders = [...Deno.readDirSync(LIB)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
const files = folders.flatMap((folder) =>
  sources(join(LIB, folder)).map((path) => ({
    folder,
    file: path.slice(LIB.length),
    text: Deno.readTextFileSync(path),
  }))
);

/** The TypeScript files of a folder, with those of its subfolders. */
function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? sources(join(folder, name))
      : name.endsWith(".ts")
      ? [join(folder, name)]
      : []
  );
}

const crossings: Crossing[] = files.flatMap(({ folder, file, text }) =>
  [...text.matchAll(/(?:from|import\() ?"(?:\.\.\/)+([a-z_]+)\/([\w.]+)"/g)]
    .map(
      ([, to, entry]) => ({ file, from: folder, folder: to, entry }),
    ).filter(({ folder: to }) => to !== folder && folders.includes(to))
);

Deno.test("folders of lib are entered by mod.ts alone", () => {
  assert.ok(crossings.length > 50);
  assert.deepEqual(crossings.filter(({ entry }) => entry !== "mod.ts"), []);
});

Deno.test("later stages import earlier ones, never back", () => {
  const reaches = (folder: string, seen = new Set<string>()): Set<string> => {
    for (const crossing of crossings) {
      if (crossing.from !== folder || seen.has(crossing.folder)) continue;
      seen.add(crossing.folder);
      reaches(crossing.folder, seen);
    }
    return seen;
  };
  assert.deepEqual(folders.filter((folder) => reaches(folder).has(folder)), []);
});

Deno.test("every file of lib begins by saying what it is", () => {
  const silent = files.filter(({ text }) => !text.startsWith("/**"));
  assert.deepEqual(silent.map(({ file }) => file), []);
});

Deno.test("no function of lib is longer than 80 lines", () => {
  const long = files.flatMap(({ file, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, first) => {
      if (!/^\s*(export )?(async )?(static )?[\w#*< ]*\(.*\{$/.test(line)) {
        return [];
      }
      const indent = line.length - line.trimStart().length;
      const last = lines.findIndex((other, i) =>
        i > first && other.startsWith(" ".repeat(indent) + "}")
      );
      const length = last - first + 1;
      return length > 80 ? [`${file}:${first + 1} has ${length} lines`] : [];
    });
  });
  assert.deepEqual(long, []);
});
