/** The model's README: its example runs as printed, alone and with the permissions it names. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { writeChatModel } from "../run/chat_model.ts";

const LIB = new URL("../../lib/", import.meta.url).pathname;
const MODEL = join(LIB, "model/");
const README = Deno.readTextFileSync(join(MODEL, "README.md"));

/** The text of the first block of a language. */
function block(language: string): string {
  const match = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(README);
  assert.ok(match, `a block of ${language}`);
  return match[1];
}

Deno.test("the example runs outside the kit, with the permissions it names", async () => {
  const folder = await Deno.makeTempDir({ prefix: "model-readme-" });
  try {
    await writeChatModel(join(folder, "path/to/model"));
    const text = block("ts").replace("./lib/model/", MODEL);
    assert.notEqual(text, block("ts"));
    await Deno.writeTextFile(join(folder, "example.ts"), text);
    const [deno, run, ...rest] = block("sh").trim().split(" ");
    assert.deepEqual([deno, run], ["deno", "run"]);
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          ...[run, "--no-prompt", "--no-check"],
          ...rest.map((word) => word.replace(/^lib\//, LIB)),
        ],
        cwd: folder,
        stdin: "null",
      },
    ).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.ok(new TextDecoder().decode(stdout).length > 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the model imports two single files of the rest of the kit", async () => {
  const outside = new Set<string>();
  const folders = [MODEL];
  for (const folder of folders) {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) folders.push(path);
      if (!name.endsWith(".ts")) continue;
      const source = await Deno.readTextFile(path);
      for (
        const [, from] of source.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)
      ) {
        const target = join(folder, from);
        if (!target.startsWith(MODEL)) outside.add(target.slice(LIB.length));
      }
    }
  }
  assert.ok(folders.length > 4);
  assert.deepEqual([...outside].sort(), ["breathe.ts", "random.ts"]);
  for (const file of outside) {
    assert.doesNotMatch(await Deno.readTextFile(join(LIB, file)), /^import/m);
  }
});
