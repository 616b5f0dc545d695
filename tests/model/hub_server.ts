/**
 * A Hugging Face Hub on 127.0.0.1 with one gated model: the answers that
 * `@huggingface/hub` and Python's `huggingface_hub` ask for, large files on a second
 * origin as on the real one, and faults on demand.
 */
import { createHash } from "node:crypto";

export const COMMIT = "c0ffee".padEnd(40, "0");
export const TOKEN = "hf_onlyForThisTest";

/** What was asked of either origin. */
export interface Asked {
  method: string;
  path: string;
  range: string | null;
  authorization: string | null;
  origin: "hub" | "store";
}

/** A running server. */
export interface HubServer {
  url: string;
  asked: Asked[];
  /** Bytes after which the next answer with a large file breaks off. */
  cutAfter: number | null;
  /** Whether files arrive with a byte changed. */
  damaged: boolean;
  stop(): Promise<void>;
}

/** Files by path. Those of safetensors and GGUF are large: named by SHA-256. */
export function startHub(
  name: string,
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): HubServer {
  const server: HubServer = {
    ...{ url: "", asked: [], cutAfter: null, damaged: false },
    stop: async () => {
      for (const one of [hub, store]) await one.shutdown();
    },
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const note = (request: Request, origin: Asked["origin"]) => {
    const { pathname, search } = new URL(request.url);
    const read = (header: string) => request.headers.get(header);
    server.asked.push({
      ...{ method: request.method, path: pathname + search, origin },
      ...{ range: read("range"), authorization: read("authorization") },
    });
    return decodeURIComponent(pathname);
  };
  const store = Deno.serve(options, (request) => {
    const path = note(request, "store").slice(1);
    return bytesOf(files[path], request, server);
  });
  const hub = Deno.serve(options, (request) => {
    const path = note(request, "hub");
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) {
      return Response.json({ error: "Invalid username or password." }, {
        status: 401,
      });
    }
    if (path.startsWith(`/api/models/${name}/revision/`)) {
      const known = [COMMIT, "main", "v1"].includes(path.split("/").at(-1)!);
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      return known
        ? Response.json({ id: name, _id: "1", sha: COMMIT, siblings })
        : Response.json({ error: "Invalid rev id" }, { status: 404 });
    }
    if (path.startsWith(`/api/models/${name}/tree/${COMMIT}`)) {
      return Response.json(Object.entries(files).map(entryOf));
    }
    const file = path.slice(`/${name}/resolve/${COMMIT}/`.length);
    const data = files[file];
    if (!path.startsWith(`/${name}/resolve/`) || data === undefined) {
      return Response.json({ error: "Not found" }, { status: 404 });
    }
    if (!isLarge(file)) {
      return bytesOf(data, request, server, headersOf(file, data));
    }
    const { port } = store.addr as Deno.NetAddr;
    return new Response(null, {
      status: 302,
      headers: {
        ...headersOf(file, data),
        location: `http://127.0.0.1:${port}/${file}`,
      },
    });
  });
  server.url = `http://127.0.0.1:${(hub.addr as Deno.NetAddr).port}`;
  return server;
}

const isLarge = (file: string) => /\.(safetensors|gguf)$/.test(file);

function hashOf(file: string, data: Uint8Array): string {
  return isLarge(file)
    ? createHash("sha256").update(data).digest("hex")
    : createHash("sha1").update(`blob ${data.length}\0`).update(data).digest(
      "hex",
    );
}

function entryOf([path, data]: [string, Uint8Array]) {
  const size = data.length, hash = hashOf(path, data);
  if (!isLarge(path)) return { type: "file", path, size, oid: hash };
  const oid = hashOf("pointer", new TextEncoder().encode(hash));
  const lfs = { oid: hash, size, pointerSize: 130 };
  return { type: "file", path, size, oid, lfs };
}

function headersOf(file: string, data: Uint8Array): Record<string, string> {
  return {
    "x-repo-commit": COMMIT,
    etag: `"${hashOf(file, data)}"`,
    ...(isLarge(file) && {
      "x-linked-etag": `"${hashOf(file, data)}"`,
      "x-linked-size": `${data.length}`,
    }),
  };
}

/** A file or the rest of it, whole or broken off. */
function bytesOf(
  data: Uint8Array<ArrayBuffer> | undefined,
  request: Request,
  server: HubServer,
  headers: Record<string, string> = {},
): Response {
  if (data === undefined) return new Response(null, { status: 404 });
  const sent = data.slice();
  if (server.damaged) sent[sent.length - 1] ^= 1;
  const from = Number(
    /^bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1] ?? 0,
  );
  const rest = sent.subarray(from);
  const cut = headers.etag === undefined ? server.cutAfter : null;
  if (cut !== null) server.cutAfter = null;
  const body = cut === null ? rest : brokenOff(rest.subarray(0, cut));
  return new Response(request.method === "HEAD" ? null : body, {
    status: from > 0 ? 206 : 200,
    headers: {
      ...headers,
      "content-length": `${rest.length}`,
      ...(from > 0 && {
        "content-range": `bytes ${from}-${data.length - 1}/${data.length}`,
      }),
    },
  });
}

function brokenOff(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes);
      // Long enough for the bytes to leave before the connection does.
      await new Promise((done) => setTimeout(done, 200));
      controller.error(new Error("cut"));
    },
  });
}
