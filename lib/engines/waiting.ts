/** How long to wait for a server, and what to do when the wait was in vain. */

import { fromEnvironment } from "./address.ts";
import { proxyRemark } from "./http_faults.ts";

/** The limits on waiting, in seconds. */
export interface Patience {
  /**
   * Longest wait for a server that cannot be reached (restarting, network down). Default
   * 120. A server that has never answered gets 10 at most, unless more than 120 are given.
   */
  reconnectSeconds: number;
  /** Longest wait for the answer to one HTTP request. Default 330. */
  requestSeconds: number;
}

/** Default of `reconnectSeconds`, and the wait for a server that has never answered. */
export const RECONNECT_SECONDS = 120;
const FIRST_CONNECTION_SECONDS = 10;

/** Returns the seconds to wait: fewer while a server has never answered, unless many were asked for. */
export function longestWait(
  { reconnectSeconds }: Patience,
  answered: boolean,
): number {
  return answered || reconnectSeconds > RECONNECT_SECONDS
    ? reconnectSeconds
    : Math.min(reconnectSeconds, FIRST_CONNECTION_SECONDS);
}

/** Says what was tried in vain for `limit` seconds at an address, and the cures. */
export function inVain(
  why: string,
  base: URL,
  limit: number,
  answered: boolean,
) {
  const cure = answered
    ? "reconnectSeconds (--reconnect-seconds) sets how long to wait."
    : "Start it first; for a server that takes long to start give reconnectSeconds " +
      `(--reconnect-seconds) more than ${RECONNECT_SECONDS}.`;
  return `${why} (tried for ${limit} s at ${base}). Is the server running, ` +
    `and is the url right? ${cure}${proxyRemark(base, fromEnvironment)}`;
}
