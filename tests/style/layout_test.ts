/** The layout that lets a newcomer find things: held here, so that it stays. */

import assert from "node:assert/strict";
import { join } from "node:path";

const LIB = new URL("../../lib/", import.meta.url).pathname;

const folders = [...Deno.readDirSync(LIB)]
  .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
const files = folders.flatMap((folder) =>
  sources(join(LIB, folder)).map((path) => ({
    folder,
    file: path.slice(LIB.length),
    text: Deno.readTextFileSync(path),
  }))
);

const NOTEBOOKS = new URL("../../notebooks/", import.meta.url).pathname;

/** The code of every notebook, cell by cell. */
const notebooks = [...Deno.readDirSync(NOTEBOOKS)]
  .filter(({ name }) => name.endsWith(".ipynb")).map(({ name }) => {
    const { cells } = JSON.parse(Deno.readTextFileSync(join(NOTEBOOKS, name)));
    const code = cells.filter((cell: { cell_type: string }) =>
      cell.cell_type === "code"
    );
    return {
      name,
      cells: code.map(({ source }: { source: string[] }) =>
        source.join("")
      ) as string[],
    };
  });

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

/** Targets of the imports of some code, relative to `lib/`; empty where it imports none of lib. */
function targets(code: string): string[] {
  return [...code.matchAll(/from "(?:\.\.\/)+(?:lib\/)?([\w/]+\.ts)"/g)]
    .map(([, target]) => target);
}

Deno.test("the sandbox and the model are entered by their doors alone", () => {
  const wrong = files.flatMap(({ folder, file, text }) =>
    targets(text).filter((target) =>
      ["sandbox", "model"].some((room) =>
        folder !== room && target.startsWith(`${room}/`) &&
        target !== `${room}/mod.ts`
      )
    ).map((target) => `${file} imports ${target}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("notebooks enter a room by its door alone", () => {
  const doors = [
    ...folders.map((room) => `${room}/mod.ts`),
    "azr.ts",
    "random.ts",
  ];
  const wrong = notebooks.flatMap(({ name, cells }) =>
    cells.flatMap((cell) => targets(cell)).filter((target) =>
      !doors.includes(target)
    ).map((target) => `${name} imports ${target}`)
  );
  assert.ok(
    notebooks.flatMap(({ cells }) => cells.flatMap(targets)).length > 50,
  );
  assert.deepEqual(wrong, []);
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
