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

/** Runs a text as the README says to run its example; what it printed and complained. */
async function run(text: string, more: readonly string[] = []) {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "example.ts"), text);
  const [deno, verb, ...rest] = block("sh").trim().split(" ");
  assert.equal(deno, "deno");
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [verb, "--no-prompt", ...more, ...rest],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  await Deno.remove(folder, { recursive: true });
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
}

Deno.test("the ten lines run outside the kit, without a configuration", async () => {
  const text = block("ts").replace("./lib/sandbox/", SANDBOX);
  assert.notEqual(text, block("ts"));
  const [printed, complaint] = await run(text);
  assert.match(printed, /^\{ kind: "value", literal: "5", /, complaint);
  const lines = printed.split("\n");
  assert.deepEqual(lines.slice(1, 3).sort(), ["0 value", "1 thrown"]);
  const cases = lines.slice(3).join(" ");
  assert.match(cases, /passed: true,.*passed: false,.*"AssertionError"/);
  assert.match(cases, /failedAt: \{ text: "case", line: 1 \}/);
});

Deno.test("the other door runs with the one more permission that is named", async () => {
  const [flag] = /--allow-env=\w+/.exec(README)!;
  const text = `import { startExecutor, validateProposals }
    from "${SANDBOX}mod.ts";
  await using executor = await startExecutor();
  const program = { language: "javascript", source: "x => x + 1" };
  const proposal = { program, argument: "2" };
  console.log(await validateProposals(executor, [proposal]));`;
  const config = `--config=${join(SANDBOX, "../../deno.json")}`;
  const [printed, complaint] = await run(text, [config, flag, "--no-lock"]);
  assert.match(printed, /output: "3"/, complaint);
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
