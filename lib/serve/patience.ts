/**
 * Time limits of connections: one that does not send in time is answered with 408 and
 * closed. A request that was read may take as long as its answer takes.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import type { ServiceLimits } from "./limits.ts";

export class Patience {
  readonly #limits: ServiceLimits;
  readonly #timers = new WeakMap<Socket, ReturnType<typeof setTimeout>>();

  constructor(limits: ServiceLimits) {
    this.#limits = limits;
  }

  /** Waits for the head of a connection's first request. */
  begin(socket: Socket): void {
    // A client that resets its connection is no fault of the server's.
    socket.on("error", () => {});
    socket.on("close", () => clearTimeout(this.#timers.get(socket)));
    this.#wait(socket, this.#limits.headSeconds);
  }

  /** Waits for the body of a request, and after its answer for the next request. */
  headCame(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const { requestSeconds, idleSeconds } = this.#limits;
    this.#wait(socket, requestSeconds);
    request.on("end", () => clearTimeout(this.#timers.get(socket)));
    response.on("finish", () => this.#wait(socket, idleSeconds));
  }

  #wait(socket: Socket, seconds: number): void {
    clearTimeout(this.#timers.get(socket));
    if (socket.destroyed) return;
    const timer = setTimeout(() => {
      socket.end("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
      socket.destroySoon();
    }, 1000 * seconds);
    timer.unref();
    this.#timers.set(socket, timer);
  }
}
