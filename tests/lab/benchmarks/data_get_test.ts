/** Fetching benchmarks, from a server on 127.0.0.1 that answers as GitHub and the Hub do. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import { getBenchmark } from "../../../tasks/data/get.ts";
import { SOURCES } from "../../../tasks/data/sources.ts";
import { inTemporaryFolder } from "../../setup/temporary_folder.ts";

const OWN = new URL("./own", import.meta.url).pathname;
const own = (name: string) => Deno.readFileSync(join(OWN, name));
const sha = (kind: "sha1" | "sha256", ...parts: (string | Uint8Array)[]) =>
  parts.reduce(
    (hash, part) => hash.update(part),
    createHash(kind),
  ).digest("hex");

/** What the server does wrong, and what it was asked. */
interface Server {
  cutAfter?: number;
  damaged?: boolean;
  ranges: (string | null)[];
}

const cruxeval = own("cruxeval.jsonl");
const plus = own("HumanEvalPlus.jsonl");
const contests = new TextDecoder().decode(own("livecodebench.jsonl"))
  .trim().split("\n").map((line) => new TextEncoder().encode(line));
const parquet = own("mmlu_pro.parquet");

function answer(request: Request, server: Server, base: string): Response {
  const { pathname } = new URL(request.url);
  const blob = (data: Uint8Array) => sha("sha1", `blob ${data.length}\0`, data);
  const listed = (path: string, data: Uint8Array, isLarge: boolean) => ({
    ...{ type: "file", path, size: data.length, oid: blob(data) },
    ...(isLarge && { lfs: { oid: sha("sha256", data), size: data.length } }),
  });
  const json: Record<string, unknown> = {
    "/repos/facebookresearch/cruxeval/git/trees/main": {
      tree: [
        { type: "blob", path: "README.md", sha: "0", size: 1 },
        {
          ...{ type: "blob", path: "data/cruxeval.jsonl" },
          ...{ sha: blob(cruxeval), size: cruxeval.length },
        },
      ],
    },
    "/repos/LeapLabTHU/Absolute-Zero-Reasoner/git/trees/master": { tree: [] },
    "/repos/evalplus/humanevalplus_release/releases/tags/v0.1.10": {
      assets: [{
        ...{ name: "HumanEvalPlus.jsonl.gz", size: plus.length, digest: null },
        browser_download_url: `${base}/plus`,
      }],
    },
    "/api/datasets/livecodebench/code_generation_lite/tree/main": [
      listed("test2.jsonl", contests[1], true),
      listed("test6.jsonl", contests[1], true),
      listed("test.jsonl", contests[0], true),
    ],
    "/api/datasets/TIGER-Lab/MMLU-Pro/tree/main": [
      listed("data/test-00000-of-00001.parquet", parquet, true),
      listed("data/validation-00000-of-00001.parquet", parquet, true),
    ],
  };
  if (pathname in json) return Response.json(json[pathname]);
  const files: Record<string, Uint8Array> = {
    "/facebookresearch/cruxeval/main/data/cruxeval.jsonl": cruxeval,
    "/plus": plus,
    "/datasets/livecodebench/code_generation_lite/resolve/main/test.jsonl":
      contests[0],
    "/datasets/livecodebench/code_generation_lite/resolve/main/test2.jsonl":
      contests[1],
    "/datasets/TIGER-Lab/MMLU-Pro/resolve/main/data/test-00000-of-00001.parquet":
      parquet,
  };
  const data = files[pathname]?.slice();
  if (data === undefined) return new Response(null, { status: 404 });
  if (server.damaged) data[0] ^= 1;
  const range = request.headers.get("range");
  server.ranges.push(range);
  const from = Number(/\d+/.exec(range ?? "")?.[0] ?? 0);
  const end = server.cutAfter ?? data.length;
  delete server.cutAfter;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(data.subarray(from, end));
      if (end === data.length) return controller.close();
      await new Promise((done) => setTimeout(done, 200));
      controller.error(new Error("cut"));
    },
  });
  return new Response(body, { status: from > 0 ? 206 : 200 });
}

/** Runs with a server and an empty folder; the fetch asks that server alone. */
function withServer(
  work: (
    server: Server,
    get: (name: string, from?: string) => Promise<string>,
    folder: string,
  ) => Promise<void>,
) {
  return inTemporaryFolder(async (folder) => {
    const state: Server = { ranges: [] };
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
      options,
      (request) => answer(request, state, base),
    );
    const base: string = `http://127.0.0.1:${server.addr.port}`;
    const variables = ["GITHUB_API_URL", "GITHUB_RAW_URL", "HF_ENDPOINT"];
    const before = variables.map((name) => Deno.env.get(name));
    for (const name of variables) Deno.env.set(name, base);
    try {
      await work(
        state,
        (name, from) =>
          getBenchmark(benchmarkNamed(name), folder, from, () => {}),
        folder,
      );
    } finally {
      variables.forEach((name, i) => {
        const old = before[i];
        if (old === undefined) Deno.env.delete(name);
        else Deno.env.set(name, old);
      });
      await server.shutdown();
    }
  });
}

const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a fetch that was cut off goes on where it stopped", async () => {
  await withServer(async (server, get, folder) => {
    server.cutAfter = 40;
    await assert.rejects(get("cruxeval-o"), /error|cut/i);
    const path = await get("cruxeval-o");
    assert.deepEqual(server.ranges, [null, "bytes=40-"]);
    assert.deepEqual(Deno.readFileSync(path), cruxeval);
    assert.deepEqual(names(folder), [".parts", "cruxeval.jsonl"]);
    assert.deepEqual(names(join(folder, ".parts")), []);
  });
});

Deno.test("a file that is not what was announced is refused and not kept", async () => {
  await withServer(async (server, get, folder) => {
    server.damaged = true;
    await assert.rejects(get("cruxeval-i"), /the download's sha1 is not/);
    await assert.rejects(get("livecodebench"), /the download's sha256 is not/);
    assert.deepEqual(names(folder), [".parts"]);
    assert.deepEqual(names(join(folder, ".parts")), []);
  });
});

Deno.test("files of a data set are put one behind the other, and Parquet becomes lines", async () => {
  await withServer(async (_server, get, folder) => {
    await get("livecodebench");
    const contests = await readItems(benchmarkNamed("livecodebench"), folder);
    assert.deepEqual(contests.map(({ id }) => id), ["own_a", "own_b"]);
    await get("mmlu-pro");
    assert.deepEqual(
      await readItems(benchmarkNamed("mmlu-pro"), folder),
      await readItems(benchmarkNamed("mmlu-pro"), OWN),
    );
  });
});

Deno.test("a file that has gone is said to have, with what to do", async () => {
  await withServer(async (_server, get) => {
    await assert.rejects(
      get("math500"),
      /Absolute-Zero-Reasoner has no file with the Git hash \w+ on master any more; .*--from FILE/,
    );
    await assert.rejects(
      get("humaneval"),
      /git\/trees\/master\?recursive=1: the server answered 404; .*--from FILE/,
    );
  });
});

Deno.test("a local file is taken, zipped or not, and one of another schema is not", async () => {
  await withServer(async (_server, get, folder) => {
    const taken = await get("math500", join(OWN, "math500.jsonl"));
    assert.equal(taken, join(folder, "math500.jsonl"));
    const zipped = join(folder, "any.gz");
    const stream = new Blob([plus]).stream()
      .pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(zipped, stream);
    const plusPath = await get("humanevalplus", zipped);
    assert.equal(plusPath, join(folder, "HumanEvalPlus.jsonl.gz"));
    assert.equal(
      (await readItems(benchmarkNamed("humanevalplus"), folder)).length,
      2,
    );
    await assert.rejects(
      get("gsm8k", join(OWN, "math500.jsonl")),
      /:1: the field "question" is missing; there are "problem"/,
    );
    assert.ok(!names(folder).includes("gsm8k.jsonl"));
  });
});

Deno.test("every benchmark has a source", async () => {
  const { BENCHMARKS } = await import(
    "../../../lib/lab/benchmarks/benchmarks.ts"
  );
  assert.deepEqual(
    Object.keys(SOURCES).sort(),
    BENCHMARKS.map(({ name }) => name).sort(),
  );
  for (const source of Object.values(SOURCES)) {
    if (source.kind === "github" && source.blob !== undefined) {
      assert.match(source.blob, /^[0-9a-f]{40}$/);
    }
  }
});
