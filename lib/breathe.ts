/**
 * Turns for everything else: native TensorFlow and tokenizers compute on the thread
 * that also hears of signals, timers and servers, and never let go of it by
 * themselves.
 */

/** Milliseconds between turns; one costs about a millisecond. */
const BETWEEN = 100;

let last = performance.now();

/**
 * Lets signals, timers and servers have a turn if their last one is long ago.
 * Await it in every loop that computes; no number depends on it. Throws the
 * reason of `stop` once that is aborted.
 */
export async function breathe(stop?: AbortSignal): Promise<void> {
  if (performance.now() - last > BETWEEN) {
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  }
  stop?.throwIfAborted();
}
