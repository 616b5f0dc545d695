/** The Python image: the same bytes wherever, and under whatever locale, it is made. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";

import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";

Deno.test("another folder and another locale make the same Python image", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kit-elsewhere-" });
  try {
    await cp("lib/sandbox", `${folder}/executor`, { recursive: true });
    const pyodide = await Deno.realPath("node_modules/pyodide");
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-remote", "--no-lock"],
        ...["--no-config", `--allow-read=${pyodide}`],
        ...[`${folder}/executor/python/python_build.ts`, pyodide],
      ],
      env: { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", USER: "somebody" },
      stdin: "null",
    }).output();
    assert.ok(stdout.length > 0, new TextDecoder().decode(stderr));
    const made = createHash("sha256").update(stdout).digest("hex");
    assert.equal(made, (await pythonRecipe()).identity.sha256);
    assert.equal(
      new TextDecoder("latin1").decode(stdout).includes(folder),
      false,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
