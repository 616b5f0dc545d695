/**
 * A console whose lines stay in order with displays, and in their own cell.
 *
 * Deno's kernel has one queue for printed lines and another for displays. A figure can
 * therefore overtake the lines printed before it, and the last lines may arrive after
 * the cell has ended, where a front end drops them. This console publishes lines by the
 * same call as figures, in one queue. `data/kernel/output_placement.json` records the
 * misplaced outputs with and without it.
 *
 * The kernel drops publications beyond about 360 in one turn of its event loop. Lines
 * are therefore gathered and published together: at the end of the current turn, or, in
 * a loop that never awaits, at growing intervals.
 */

import { inKernel } from "./kernel.ts";

/** Deno's console class, which formats values and passes the text on. Level 2 and up is stderr. */
type ConsoleClass = new (
  print: (text: string, level: number) => void,
) => Console;

type StreamName = "stdout" | "stderr";

const FIRST_INTERVAL_MS = 50;
/** Factor of each further interval within one turn: 100 publications then last for days. */
const INTERVAL_GROWTH = 1.1;
const LONGEST_TEXT = 1_000_000;

let name: StreamName = "stdout";
let text = "";
let intervalMs = FIRST_INTERVAL_MS;
let lastPublished = 0;
let turnEndAwaited = false;

/** Publishes the lines gathered so far. Call it before every display. */
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

/** Resets the intervals when the event loop has turned. */
function awaitEndOfTurn(): void {
  if (turnEndAwaited) return;
  turnEndAwaited = true;
  const timer = setTimeout(() => {
    turnEndAwaited = false;
    intervalMs = FIRST_INTERVAL_MS;
  });
  Deno.unrefTimer(timer);
}

/** Replaces the methods of the global console; returns false where that is not possible. */
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
