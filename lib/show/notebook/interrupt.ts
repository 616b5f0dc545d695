/**
 * Stopping a running cell without losing the kernel.
 *
 * Jupyter's ■ button sends SIGINT, which ends a Deno kernel with all its variables. This
 * file handles the signal instead: a loop that awaits `tick()`, or passes `stopSignal()`
 * on, ends with an AbortError, and the kernel stays. A loop that never awaits cannot be
 * stopped: restart the kernel.
 */

import { inKernel } from "./kernel.ts";

/** The beginnings of lines on stderr for errors that no cell reports. */
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

/** Aborts the current signal. Later calls of `stopSignal` return a new one. */
export function requestStop(): void {
  const stopped = controller;
  controller = new AbortController();
  stopped.abort(new DOMException("stopped by the ■ button", "AbortError"));
}

/** Installs the listeners for the ■ button and for errors that no code awaited. */
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
