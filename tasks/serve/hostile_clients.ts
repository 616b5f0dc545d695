/**
 * Hostile clients, in a thread of their own so that the honest ones do not wait for
 * them: oversized, slow, unauthenticated and malformed requests, as fast as the server
 * lets them. Takes `HostilePlace` as its data; its one message is `HostileCounts`.
 */

import { setTimeout } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

/** Whom to trouble, and for how long. `each` is the number of clients of a kind. */
export interface HostilePlace {
  port: number;
  token: string;
  seconds: number;
  each: number;
}

/** Requests that were begun, by the kind of client. */
export type HostileCounts = Record<keyof typeof KINDS, number>;

type Trouble = (place: HostilePlace, until: number) => Promise<void>;

const head = (token: string, more: string) =>
  "POST /answers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" +
  `Authorization: Bearer ${token}\r\n${more}\r\n\r\n`;

const MANY_BYTES = "x".repeat(65_536);

const KINDS = {
  /** Sends 5 MB in pieces, which are not announced. */
  oversized: ({ port, token }) =>
    overConnection(port, async (connection) => {
      const piece = `10000\r\n${MANY_BYTES}\r\n`;
      await write(connection, head(token, "Transfer-Encoding: chunked"));
      for (let i = 0; i < 80; i++) await write(connection, piece);
    }),
  /** Sends one byte of a body in half a second. */
  slow: ({ port, token }, until) =>
    overConnection(port, async (connection) => {
      await write(connection, head(token, "Content-Length: 1000"));
      while (performance.now() < until) {
        await write(connection, "x");
        await setTimeout(500);
      }
    }),
  unauthenticated: ({ port }) => post(port, "wrong", '{"answers":[]}'),
  malformed: ({ port, token }) => post(port, token, '{"answers":[{"task":'),
} satisfies Record<string, Trouble>;

async function post(port: number, token: string, body: string) {
  const response = await fetch(`http://127.0.0.1:${port}/answers`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body,
  });
  await response.body?.cancel();
}

async function overConnection(
  port: number,
  talk: (connection: Deno.Conn) => Promise<void>,
): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await talk(connection);
  } finally {
    connection.close();
  }
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

async function trouble(place: HostilePlace): Promise<HostileCounts> {
  const until = performance.now() + 1000 * place.seconds;
  const counts: HostileCounts = {
    ...{ oversized: 0, slow: 0, unauthenticated: 0, malformed: 0 },
  };
  const clients = Object.entries(KINDS).flatMap(([name, begin]) =>
    Array.from({ length: place.each }, async () => {
      while (performance.now() < until) {
        counts[name as keyof HostileCounts]++;
        await begin(place, until).catch(() => setTimeout(1));
      }
    })
  );
  await Promise.all(clients);
  return counts;
}

if (parentPort !== null) {
  parentPort.postMessage(await trouble(workerData as HostilePlace));
}
