/**
 * A console whose lines stay in order with displays, and in their own cell.
 *
 * In Deno's kernel what is printed and what is displayed travel by two queues:
 * a figure overtakes the lines printed before it, and the last lines of a burst
 * may come after the cell has ended, where a front end drops them. Here lines
 * are published by the same call as figures, so that there is one queue. How
 * often it goes wrong, with and without: `data/kernel/output_placement.json`.
 *
 * The kernel drops what exceeds about 360 publications between two turns of its
 * event loop, so lines are gathered and published together: at the end of the
 * current turn, or, in a loop that never awaits, at growing intervals.
 */

import { inKernel } from "./kernel.ts";

/** Deno's console class: formats, then hands over the text. Level 2 and up is stderr. */
type ConsoleClass = new (
  print: (text: string, level: number) => void,
) => Console;

type StreamName = "stdout" | "stderr";

const FIRST_INTERVAL_MS = 50;
/** Each further interval of one turn is longer: 100 publications last for days. */
const INTERVAL_GROWTH = 1.1;
const LONGEST_TEXT = 1_000_000;

let name: StreamName = "stdout";
let text = "";
let intervalMs = FIRST_INTERVAL_MS;
let lastPublished = 0;
let turnEndAwaited = false;

/** Publishes the lines gathered so far; call before anything that displays. */
export function publishLines(): void {
  if (text === "") return;
  publish(name, text);
  text = "";
  lastPublished = performance.now();
}

async function publish(name: StreamName, text: string): Promise<void> {
  try {
    await Deno.jupyter.broadcast("stream", { name, text });
  } catch {
    // The kernel is shutting down: nobody listens any more.
  }
}

function gather(added: string, level: number): void {
  const stream = level > 1 ? "stderr" : "stdout";
  if (stream !== name) publishLines();
  name = stream;
  if (text === "") queueMicrotask(publishLines);
  text += added;
  awaitEndOfTurn();
  const waited = performance.now() - lastPublished;
  if (waited > intervalMs || text.length > LONGEST_TEXT) {
    intervalMs *= INTERVAL_GROWTH;
    publishLines();
  }
}

/** The intervals start anew when the event loop has turned. */
function awaitEndOfTurn(): void {
  if (turnEndAwaited) return;
  turnEndAwaited = true;
  const timer = setTimeout(() => {
    turnEndAwaited = false;
    intervalMs = FIRST_INTERVAL_MS;
  });
  Deno.unrefTimer(timer);
}

/** Replaces the methods of the global console; returns whether it could. */
export function installOrderedConsole(): boolean {
  if (!inKernel()) return false;
  const key: unknown = Reflect.get(Deno, "internal");
  const internals: { Console?: ConsoleClass } = Reflect.get(
    Deno,
    key as symbol,
  );
  if (typeof internals?.Console !== "function") return false;
  const ordered = new internals.Console(gather);
  for (const method of Object.keys(ordered)) {
    const implementation: unknown = Reflect.get(ordered, method);
    if (typeof implementation === "function") {
      Reflect.set(console, method, implementation.bind(ordered));
    }
  }
  return true;
}
