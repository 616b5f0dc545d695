/** The Python image: the same bytes wherever, and under whatever locale, it is made. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";

import { PAGE_BYTES } from "../../lib/sandbox/python/python_expected.ts";
import {
  packMemory,
  readImage,
  unpackMemory,
  writeImage,
} from "../../lib/sandbox/python/python_image.ts";
import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";

Deno.test("another folder and another locale make the same Python image", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kit-elsewhere-" });
  try {
    await cp("lib/sandbox", `${folder}/executor`, { recursive: true });
    const pyodide = await Deno.realPath("node_modules/pyodide");
    const build = async (kind: string) => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "--no-prompt", "--no-remote", "--no-lock"],
          ...["--no-config", `--allow-read=${pyodide}`],
          ...[`${folder}/executor/python/python_build.ts`, pyodide, kind],
        ],
        env: { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", USER: "somebody" },
        stdin: "null",
      }).output();
      assert.ok(stdout.length > 0, new TextDecoder().decode(stderr));
      return readImage(stdout);
    };
    const [usual, mirror] = await Promise.all(["usual", "mirror"].map(build));
    const snapshots = [...usual.snapshots, ...mirror.snapshots];
    const image = writeImage({ ...mirror, snapshots });
    const made = createHash("sha256").update(image).digest("hex");
    assert.equal(made, (await pythonRecipe()).identity.sha256);
    assert.equal(
      new TextDecoder("latin1").decode(image).includes(folder),
      false,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("memory is what it was after packing", () => {
  const memory = new Uint8Array(10 * PAGE_BYTES);
  memory[PAGE_BYTES] = 1;
  memory[4 * PAGE_BYTES - 1] = 2;
  memory[6 * PAGE_BYTES] = 3;
  const packed = packMemory(memory);
  assert.equal(packed.length, 4 + 3 * (4 + PAGE_BYTES));
  assert.deepEqual(unpackMemory(packed), memory.subarray(0, 7 * PAGE_BYTES));
});
