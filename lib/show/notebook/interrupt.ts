/**
 * Stopping a running cell without losing the kernel.
 *
 * Jupyter's ■ button sends SIGINT, which by itself ends a Deno kernel together
 * with all its variables. Here it only asks: a loop that awaits `tick()`, or
 * passes `stopSignal()` on, ends with an AbortError, and the kernel stays. A
 * loop that never awaits cannot be stopped so; restart the kernel.
 */

import { inKernel } from "./kernel.ts";

/** How a line on stderr begins that tells of an error which no cell reports. */
export const UNCAUGHT_ERRORS = {
  rejection: "Rejected, and not awaited:",
  callback: "Thrown in a callback:",
};

let controller = new AbortController();

/**
 * Gives timers, displays and the ■ button a turn. Await it in every long loop.
 * Throws a DOMException named AbortError when the button was pressed.
 */
export async function tick(): Promise<void> {
  const { signal } = controller;
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

/** Returns a signal that aborts when the ■ button is next pressed. */
export function stopSignal(): AbortSignal {
  return controller.signal;
}

/** Stops what runs now; what starts later gets a new signal. */
export function requestStop(): void {
  const stopped = controller;
  controller = new AbortController();
  stopped.abort(new DOMException("stopped by the ■ button", "AbortError"));
}

/** Lets the ■ button, and errors that nobody awaited, be noticed. */
export function installListeners(): void {
  if (!inKernel()) return;
  Deno.addSignalListener("SIGINT", requestStop);
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    console.error(UNCAUGHT_ERRORS.rejection, event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    console.error(UNCAUGHT_ERRORS.callback, event.error ?? event.message);
  });
}
