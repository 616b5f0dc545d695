/** The example in the model's README runs as it is printed, with no other permission. */

import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeChatModel } from "../run/chat_model.ts";

Deno.test("the model's README prints an example that runs", async () => {
  const folder = await Deno.makeTempDir({ prefix: "model-readme-" });
  try {
    await writeChatModel(join(folder, "model"));
    const readme = await Deno.readTextFile("lib/model/README.md");
    const [, example] = /```ts\n([^]*?)```/.exec(readme)!;
    const script = join(folder, "example.ts");
    const door = pathToFileURL(resolve("lib/model/mod.ts")).href;
    await Deno.writeTextFile(
      script,
      example.replace("./mod.ts", door)
        .replaceAll("path/to/model", join(folder, "model")),
    );
    const permissions = /`((?:--allow-[a-z]+ ?)+)`/.exec(readme)![1];
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          ...["run", "--no-prompt", "--no-check", "--config", "deno.json"],
          ...[...permissions.split(" "), script],
        ],
        stdin: "null",
      },
    ).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.ok(new TextDecoder().decode(stdout).length > 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
