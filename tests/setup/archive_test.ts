/**
 * The zip reader and the resumable download, on a real archive and a real
 * server.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download, withCredentials } from "../../tasks/setup/download.ts";
import { extractEntry, withZip } from "../../tasks/setup/zip.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

/**
 * Written by Python's zipfile: `a.txt` deflated (1000 times "a") and `b/c.txt`
 * stored ("hello").
 */
const zipFile = Uint8Array.fromBase64(
  "UEsDBBQAAAAIAAAAISgD2jiaCwAAAOgDAAAFAAAAYS50eHRLTBwFo2AUDHcAAFBLAwQUAAAAAAAAACEohqYQNgUAAAAFAAAABwAAAGIvYy50" +
    "eHRoZWxsb1BLAQIUAxQAAAAIAAAAISgD2jiaCwAAAOgDAAAFAAAAAAAAAAAAAACAAQAAAABhLnR4dFBLAQIUAxQAAAAAAAAAISiGphA2BQAA" +
    "AAUAAAAHAAAAAAAAAAAAAACAAS4AAABiL2MudHh0UEsFBgAAAAACAAIAaAAAAFgAAAAAAA==",
);

Deno.test("single files come out of a zip archive, deflated or stored", async () => {
  await inTemporaryFolder(async (folder) => {
    const archive = join(folder, "x.zip");
    await Deno.writeFile(archive, zipFile);
    await withZip(archive, async (entries) => {
      assert.deepEqual(
        entries.map(({ name, uncompressedSize }) => [name, uncompressedSize]),
        [["a.txt", 1000], ["b/c.txt", 5]],
      );
      for (const entry of entries) {
        await extractEntry(entry, join(folder, entry.name));
      }
    });
    assert.equal(
      await Deno.readTextFile(join(folder, "a.txt")),
      "a".repeat(1000),
    );
    assert.equal(await Deno.readTextFile(join(folder, "b/c.txt")), "hello");
  });
});

Deno.test("a zip archive that was cut off is refused by name", async () => {
  await inTemporaryFolder(async (folder) => {
    const archive = join(folder, "cut.zip");
    await Deno.writeFile(archive, zipFile.subarray(0, 200));
    await assert.rejects(
      withZip(archive, () => Promise.resolve()),
      /cut\.zip is not a complete zip file/,
    );
  });
});

Deno.test("an entry whose bytes were changed is refused", async () => {
  await inTemporaryFolder(async (folder) => {
    const archive = join(folder, "changed.zip");
    const changed = Uint8Array.from(zipFile);
    changed[changed.indexOf("h".charCodeAt(0), 80)] ^= 1;
    await Deno.writeFile(archive, changed);
    await assert.rejects(
      withZip(
        archive,
        (entries) => extractEntry(entries[1], join(folder, "c.txt")),
      ),
      /b\/c\.txt is damaged in its archive/,
    );
  });
});

/**
 * Serves `content`, honouring ranges; the first `cuts` answers stop after a
 * third of what was asked.
 */
function startServer(content: Uint8Array, cuts: number) {
  const ranges: (string | null)[] = [];
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
  }, (request) => {
    const range = request.headers.get("range");
    ranges.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    if (start >= content.length) return new Response(null, { status: 416 });
    const body = content.slice(start);
    const headers = { "content-length": String(body.length) };
    const status = range === null ? 200 : 206;
    if (ranges.length > cuts) return new Response(body, { status, headers });
    const broken = new ReadableStream({
      async start(controller) {
        controller.enqueue(body.subarray(0, Math.floor(body.length / 3)));
        await new Promise((resolve) => setTimeout(resolve, 50));
        controller.error(new Error("cut"));
      },
    });
    return new Response(broken, { status, headers });
  });
  return { server, ranges, url: `http://127.0.0.1:${server.addr.port}/file` };
}

Deno.test("a download that is cut off goes on where it stopped, and a whole one is not fetched again", async () => {
  const content = new Uint8Array(300_000).map((_, index) =>
    (index * 7919) % 251
  );
  const { server, ranges, url } = startServer(content, 1);
  await inTemporaryFolder(async (folder) => {
    const hex = createHash("sha256").update(content).digest("hex");
    const request = {
      url,
      target: join(folder, "file"),
      digest: { algorithm: "sha256", hex } as const,
    };
    await assert.rejects(download(request));
    await assert.rejects(Deno.stat(request.target), Deno.errors.NotFound);
    const { size } = await Deno.stat(`${request.target}.tmp`);
    await download(request);
    await download(request);
    assert.deepEqual(ranges, [null, `bytes=${size}-`]);
    assert.ok(size > 0 && size < content.length);
    assert.deepEqual(await Deno.readFile(request.target), content);
  });
  await server.shutdown();
});

Deno.test("a download with the wrong digest leaves nothing behind", async () => {
  const { server, url } = startServer(new Uint8Array(1000), 0);
  await inTemporaryFolder(async (folder) => {
    const digest = { algorithm: "sha256", hex: "0".repeat(64) } as const;
    await assert.rejects(
      download({ url, target: join(folder, "file"), digest }),
      /sha256 is not the announced/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
  await server.shutdown();
});

Deno.test("a user and password in an address become a header and leave the address", () => {
  const { url, headers } = withCredentials(
    "https://me:p%40ss@host.example/simple/",
  );
  assert.equal(url, "https://host.example/simple/");
  assert.equal(headers.get("authorization"), `Basic ${btoa("me:p@ss")}`);
});
