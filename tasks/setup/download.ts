/**
 * Fetches one file over HTTP so that a cut-off download goes on where it stopped. The
 * bytes collect in `<target>.tmp`, and only a complete, checked file gets its final name.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { assertNetworkAllowed } from "./offline.ts";

/**
 * A file to fetch. `digest` is the hash that the file must have, where it is known;
 * `prefix` is hashed before the file where there is one (Git's hashes). `token` is shown
 * to the server of the address, and to no server that the first one redirects to.
 */
export interface Download {
  readonly url: string;
  readonly target: string;
  readonly token?: string;
  readonly digest?: {
    readonly algorithm: "sha1" | "sha256" | "sha512";
    readonly hex: string;
    readonly prefix?: string;
  };
}

/**
 * Receives, now and then, the number of bytes on disk and, where it is known, the number
 * of bytes in all.
 */
export type DownloadProgress = (
  received: number,
  total: number | undefined,
) => void;

/**
 * Fetches `target`, or returns at once where it is there. Throws where the server
 * refuses, where the connection breaks (a second run goes on) and where the digest
 * differs.
 */
export async function download(
  request: Download,
  progress?: DownloadProgress,
): Promise<void> {
  if (await fileSize(request.target) !== undefined) return;
  await mkdir(dirname(request.target), { recursive: true });
  const partial = `${request.target}.tmp`;
  await fetchInto(partial, request, progress);
  const { digest } = request;
  if (digest !== undefined && await digestOf(partial, digest) !== digest.hex) {
    await Deno.remove(partial);
    throw new Error(
      `${request.url}: the download's ${digest.algorithm} is not the announced one; try again`,
    );
  }
  await Deno.rename(partial, request.target);
}

/** Milliseconds of silence after which a server counts as absent. */
const silentSeconds = 30;

async function fetchInto(
  partial: string,
  { url: address, token }: Download,
  progress?: DownloadProgress,
): Promise<void> {
  assertNetworkAllowed(address);
  const have = await fileSize(partial) ?? 0;
  const { url, headers } = withCredentials(address);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (have > 0) headers.set("range", `bytes=${have}-`);
  const silence = new SilenceWatch(url);
  try {
    const response = await fetch(url, { headers, signal: silence.signal });
    // 416: the range begins at the end, so the file is whole already.
    if (response.status === 416 && have > 0) {
      await response.body?.cancel();
    } else {
      await writeBody(response, partial, have, (received, total) => {
        silence.heard();
        progress?.(received, total);
      });
    }
  } finally {
    silence.stop();
  }
}

/**
 * Appends to `partial` where the server honoured the range, and starts the file anew
 * where the server did not.
 */
async function writeBody(
  response: Response,
  partial: string,
  have: number,
  progress: DownloadProgress,
): Promise<void> {
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(
      `${response.url}: the server answered ${response.status} ${response.statusText}`,
    );
  }
  const append = response.status === 206;
  const length = Number(response.headers.get("content-length")) || undefined;
  let received = append ? have : 0;
  const total = length === undefined ? undefined : received + length;
  using file = await Deno.open(partial, {
    ...{ write: true, create: true, append, truncate: !append },
  });
  // Written chunk by chunk: a stream that breaks would drop the bytes that wait.
  for await (const chunk of response.body) {
    for (let done = 0; done < chunk.length;) {
      done += await file.write(chunk.subarray(done));
    }
    progress(received += chunk.length, total);
  }
}

/**
 * Ends a request whose server has gone silent, however long the whole download
 * takes.
 */
class SilenceWatch {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly url: string) {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    const reason = new Error(`${this.url}: no answer for ${silentSeconds} s`);
    this.#timer = setTimeout(
      () => this.#controller.abort(reason),
      silentSeconds * 1000,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Fetches a short text, such as an index page. Throws when the server refuses
 * or keeps silent.
 */
export async function fetchText(
  address: string,
  accept: string,
): Promise<{ text: string; url: string }> {
  assertNetworkAllowed(address);
  const { url, headers } = withCredentials(address);
  headers.set("accept", accept);
  const signal = AbortSignal.timeout(silentSeconds * 1000);
  const response = await fetch(url, { headers, signal });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${url}: the server answered ${response.status}`);
  }
  return { text, url: response.url || url };
}

/**
 * Splits `https://user:password@host/…` into a plain address and a
 * basic-authentication header.
 */
export function withCredentials(
  address: string,
): { url: string; headers: Headers } {
  const url = new URL(address);
  const headers = new Headers();
  if (url.username !== "") {
    const pair = `${decodeURIComponent(url.username)}:${
      decodeURIComponent(url.password)
    }`;
    headers.set("authorization", `Basic ${btoa(pair)}`);
    url.username = "";
    url.password = "";
  }
  return { url: url.href, headers };
}

async function digestOf(
  path: string,
  { algorithm, prefix = "" }: NonNullable<Download["digest"]>,
): Promise<string> {
  const hash = createHash(algorithm).update(prefix);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
