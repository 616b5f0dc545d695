/**
 * The budgets of the house: lines a room, a file and a cell, and public names.
 *
 * A budget is what a room has today, rounded up. It is raised in the commit that
 * needs it, with the reason in the commit's body. `aim` is what the room should
 * come down to; `deno test -A tests/style/budgets_test.ts` prints the table.
 */

import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Most lines of each room of lib, and the lines it should come down to. */
const ROOMS: Record<string, { most: number; aim: number }> = {
  "azr.ts": { most: 300, aim: 300 },
  "breathe.ts": { most: 80, aim: 80 },
  "random.ts": { most: 140, aim: 130 },
  "sandbox": { most: 12530, aim: 6500 },
  "model": { most: 10640, aim: 6800 },
  "method": { most: 6630, aim: 3300 },
  "extras": { most: 2680, aim: 1500 },
  "engines": { most: 3760, aim: 2500 },
  "run": { most: 2350, aim: 1500 },
  "serve": { most: 1560, aim: 1500 },
  "lab": { most: 8820, aim: 4400 },
  "show": { most: 1920, aim: 2200 },
};

/** Most lines of a file; longer files have a bound of their own. */
const FILE_LINES = 300;
const LONG_FILES: Record<string, number> = {
  "lib/engines/tinker/tinker.ts": 610,
  "lib/lab/world/documents.ts": 320,
  "lib/lab/world/operations.ts": 360,
  "lib/model/decoder.ts": 490,
  "lib/model/kernels.ts": 420,
  "lib/model/native/decode_graph.ts": 470,
  "lib/model/native/decode_native.ts": 460,
  "lib/model/native/graph.ts": 370,
  "lib/model/native/layers_graph.ts": 740,
  "lib/model/training/training.ts": 480,
  "lib/sandbox/javascript/quickjs.ts": 680,
  "lib/sandbox/literals/literal_javascript.ts": 500,
  "lib/sandbox/literals/literal_python.ts": 470,
  "lib/sandbox/processes/pool.ts": 380,
  "lib/sandbox/python/python_engine.ts": 450,
  "lib/sandbox/python/python_interpreter.ts": 430,
  "lib/sandbox/python/python_object.ts": 610,
  "lib/sandbox/python/python_pages.ts": 340,
  "lib/sandbox/wasm/meter.ts": 600,
};

/** The chapters of the method that one reads once, together. */
const CHAPTERS = [
  ...["modes/task.ts", "modes/mode.ts", "modes/registry.ts"],
  ...["buffer", "reward", "advantage/trrpp.ts", "objective"],
  ...["validate.ts", "solve.ts", "credit.ts", "update.ts", "loop.ts"],
].map((path) => join("lib/method", path));
const CHAPTER_LINES = { most: 1770, aim: 1770 };

/** Most names that the doors of all rooms export together. */
const PUBLIC_NAMES = 219;

/** Most lines of a cell of a notebook. */
const CELL_LINES = 20;

/** Paths of the TypeScript files below a path. */
function sources(path: string): string[] {
  if (path.endsWith(".ts")) return [path];
  return [...Deno.readDirSync(join(ROOT, path))].flatMap((entry) =>
    entry.isDirectory || entry.name.endsWith(".ts")
      ? sources(join(path, entry.name))
      : []
  );
}

const linesOf = (path: string) =>
  Deno.readTextFileSync(join(ROOT, path)).split("\n").length - 1;
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

/** The names that a door exports. */
function publicNames(room: string): string[] {
  const text = Deno.readTextFileSync(join(ROOT, "lib", room, "mod.ts"));
  assert.ok(!/export \*/.test(text), `lib/${room}/mod.ts exports a star`);
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap((
    [, names],
  ) => names.split(",").map((name) => name.trim()).filter(Boolean));
}

Deno.test("every room keeps its budget of lines, and the doors theirs of names", () => {
  const rows = Object.entries(ROOMS).map(([room, { most, aim }]) => {
    const lines = sum(sources(join("lib", room)).map(linesOf));
    const names = room.endsWith(".ts") ? 0 : publicNames(room).length;
    return { room, lines, most, aim, names };
  });
  console.table([
    ...rows,
    {
      room: "together",
      lines: sum(rows.map(({ lines }) => lines)),
      most: sum(rows.map(({ most }) => most)),
      aim: 29000,
      names: sum(rows.map(({ names }) => names)),
    },
  ]);
  const rooms = [...Deno.readDirSync(join(ROOT, "lib"))]
    .map(({ name }) => name).filter((name) => !name.startsWith("."));
  assert.deepEqual(rooms.sort(), Object.keys(ROOMS).sort());
  assert.deepEqual(rows.filter(({ lines, most }) => lines > most), []);
  assert.ok(sum(rows.map(({ names }) => names)) <= PUBLIC_NAMES);
});

Deno.test("the chapters of the method can be read in an afternoon", () => {
  const lines = sum(CHAPTERS.flatMap(sources).map(linesOf));
  const { most, aim } = CHAPTER_LINES;
  console.log(`chapters: ${lines} lines of ${most}, aim ${aim}`);
  assert.ok(lines <= most);
});

Deno.test("no file of lib is longer than it may be", () => {
  const found = sources("lib").map((path) => ({ path, lines: linesOf(path) }))
    .filter(({ path, lines }) => lines > (LONG_FILES[path] ?? FILE_LINES));
  assert.deepEqual(found, []);
});

Deno.test("no notebook has a cell that is too long", () => {
  const found = [...Deno.readDirSync(join(ROOT, "notebooks"))]
    .filter(({ name }) => name.endsWith(".ipynb")).map(({ name }) => {
      const { cells } = JSON.parse(
        Deno.readTextFileSync(join(ROOT, "notebooks", name)),
      );
      const long = cells.filter((
        { cell_type, source }: { cell_type: string; source: string[] },
      ) =>
        cell_type === "code" &&
        source.join("").split("\n").length > CELL_LINES
      );
      return { name, long: long.length };
    }).filter(({ long }) => long > 0);
  assert.deepEqual(found, []);
});
