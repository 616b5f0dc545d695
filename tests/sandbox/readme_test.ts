/** The sandbox's README: its example runs as printed, alone and with the permissions it names. */

import assert from "node:assert/strict";
import { join } from "node:path";

const SANDBOX = new URL("../../lib/sandbox/", import.meta.url).pathname;
const README = Deno.readTextFileSync(join(SANDBOX, "README.md"));

/** The text of the first block of a language. */
function block(language: string): string {
  const match = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(README);
  assert.ok(match, `a block of ${language}`);
  return match[1];
}

Deno.test("the ten lines run outside the kit, without a configuration", async () => {
  const folder = await Deno.makeTempDir();
  const text = block("ts").replace("./lib/sandbox/", SANDBOX);
  assert.notEqual(text, block("ts"));
  await Deno.writeTextFile(join(folder, "example.ts"), text);
  const [deno, ...rest] = block("sh").trim().split(" ");
  assert.equal(deno, "deno");
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [rest[0], "--no-prompt", ...rest.slice(1)],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  await Deno.remove(folder, { recursive: true });
  const printed = new TextDecoder().decode(stdout);
  const complaint = new TextDecoder().decode(stderr);
  assert.match(printed, /^\{ kind: "value", literal: "5", /, complaint);
  const lines = printed.split("\n");
  assert.deepEqual(lines.slice(1, 3).sort(), ["0 value", "1 thrown"]);
  const cases = lines.slice(3).join(" ");
  assert.match(cases, /passed: true,.*passed: false,.*"AssertionError"/);
  assert.match(cases, /failedAt: \{ text: "case", line: 1 \}/);
});

Deno.test("the sandbox imports nothing of the rest of the kit", async () => {
  const outside: string[] = [];
  const folders = [SANDBOX];
  for (const folder of folders) {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) folders.push(path);
      if (!name.endsWith(".ts")) continue;
      const source = await Deno.readTextFile(path);
      for (
        const [, from] of source.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)
      ) {
        const isInside = join(folder, from).startsWith(SANDBOX);
        if (!isInside) outside.push(`${path} imports ${from}`);
      }
    }
  }
  assert.ok(folders.length > 5);
  assert.deepEqual(outside, []);
});
