/** Every setting is used: a field that nothing reads would silently do nothing. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ENGINES } from "../../lib/engines/engine_config.ts";
import { SETTINGS } from "../../lib/method/settings.ts";

const LIB = new URL("../../lib/", import.meta.url).pathname;

/** The code of a folder's files, without comments and without those that only list or check. */
function codeOf(folder: string, left: readonly string[]): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return codeOf(path, left);
    if (!name.endsWith(".ts") || left.includes(name)) return "";
    return Deno.readTextFileSync(path)
      .replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  }).join("\n");
}

/** The fields that are nowhere read: as a property, or taken out of an object. */
function unread(fields: readonly string[], code: string): string[] {
  return fields.filter((field) =>
    !new RegExp(`\\.${field}\\b|[{,]\\s*${field}\\b\\s*[,:}=]`).test(code)
  );
}

Deno.test("every setting of self-play is read by the code that plays", () => {
  const code = ["method", "extras", "run", "lab"].map((room) =>
    codeOf(join(LIB, room), [
      ...["settings.ts", "paper_table.ts", "config.ts", "presets.ts"],
      ...["arms.ts", "engine_limits.ts"],
    ])
  ).join("\n");
  const fields = Object.keys(SETTINGS);
  assert.ok(fields.length > 50);
  assert.deepEqual(unread(fields, code), []);
  assert.deepEqual(unread(["noSuchSetting"], code), ["noSuchSetting"]);
});

Deno.test("every field of an engine's config is read by the code that opens one", () => {
  const code = codeOf(join(LIB, "engines"), ["engine_config.ts"]);
  assert.deepEqual(unread(Object.keys(ENGINES.local), code), []);
});
