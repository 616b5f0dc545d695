/** Which file of lib imports which: no circles, types included, and rooms in their order. */

import assert from "node:assert/strict";
import { dirname, join, normalize, relative } from "node:path";

const LIB = new URL("../../lib/", import.meta.url).pathname;

/** The rooms: one imports only those before it. */
const ROOMS = [
  ...[
    "random.ts",
    "breathe.ts",
    "sandbox",
    "model",
    "method",
    "engines",
    "extras",
    "azr.ts",
  ],
  ...["run", "serve", "lab", "show"],
];

const imports = new Map(
  sources(LIB).map((path) => [
    relative(LIB, path),
    importsOf(path),
  ]),
);

function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? sources(join(folder, name))
      : name.endsWith(".ts")
      ? [join(folder, name)]
      : []
  );
}

/** The files of lib that a file imports, by value or by type. */
function importsOf(path: string): string[] {
  const text = Deno.readTextFileSync(path);
  return [...text.matchAll(/^(?:import|export|\}) ?[^"\n]*"(\.[^"]+)"/gm)]
    .map(([, target]) => relative(LIB, normalize(join(dirname(path), target))))
    .filter((target) => !target.startsWith(".."));
}

Deno.test("no file of lib imports itself by way of others, not even for a type", () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: string[]) => {
    const start = trail.indexOf(file);
    if (start >= 0) circles.push([...trail.slice(start), file].join(" -> "));
    if (start >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  assert.ok(imports.get("method/loop.ts")!.includes("method/stages.ts"));
  assert.deepEqual(circles, []);
});

Deno.test("a room imports only the rooms before it", () => {
  const roomOf = (file: string) => file.split("/")[0];
  const wrong = [...imports].flatMap(([file, targets]) => {
    const rank = ROOMS.indexOf(roomOf(file));
    assert.ok(rank >= 0, `${file} lies in no room`);
    return targets.filter((target) => ROOMS.indexOf(roomOf(target)) > rank)
      .map((target) => `${file} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});
