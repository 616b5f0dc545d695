/**
 * The kernels that this process must not leave behind. A kernel goes on when its client
 * dies, so that every signal which ends this process ends the kernels first. Only
 * SIGKILL, which no process notices, leaves kernels behind.
 */

/** A process that can be ended at once. */
interface Killable {
  killNow(): void;
}

const STOPPING_SIGNALS: [Deno.Signal, number][] = [
  ["SIGINT", 130],
  ["SIGHUP", 129],
  ...(Deno.build.os === "windows"
    ? []
    : [["SIGTERM", 143] as [Deno.Signal, number]]),
];

const live = new Set<Killable>();
let handlers: [Deno.Signal, () => void][] = [];

/** Makes a kernel end with this process from now on. */
export function guardKernel(kernel: Killable): void {
  if (live.size === 0) listen();
  live.add(kernel);
}

/** Forgets a kernel that has ended. Without kernels, signals act as they did before. */
export function forgetKernel(kernel: Killable): void {
  if (live.delete(kernel) && live.size === 0) stopListening();
}

function listen(): void {
  handlers = STOPPING_SIGNALS.map(([signal, code]) => [signal, () => {
    killAll();
    Deno.exit(code);
  }]);
  for (const [signal, handler] of handlers) {
    Deno.addSignalListener(signal, handler);
  }
  globalThis.addEventListener("unload", killAll);
}

function stopListening(): void {
  for (const [signal, handler] of handlers) {
    Deno.removeSignalListener(signal, handler);
  }
  globalThis.removeEventListener("unload", killAll);
}

function killAll(): void {
  for (const kernel of live) kernel.killNow();
}
