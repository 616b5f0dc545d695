/** A progress bar in the output of a cell. */

import { type Bundle, display } from "./display.ts";
import { stopSignal, tick } from "./interrupt.ts";
import { escapeMarkup } from "./markup.ts";

/** A progress bar. */
interface Progress {
  /**
   * Sets the bar to `done` steps of the total, with a short note. Throws an AbortError
   * where the ■ button was pressed since the bar was shown.
   */
  update(done: number, note?: string): Promise<void>;
}

/**
 * Shows a progress bar of `total` steps with the time left. The final output shows no
 * time, so that every run of a notebook gives the same output.
 */
export async function progress(
  total: number,
  label: string,
): Promise<Progress> {
  const start = performance.now();
  const stop = stopSignal();
  const bar = await display(barBundle(0, total, label, ""));
  const update = async (done: number, note = "") => {
    await bar.redraw(barBundle(
      done,
      total,
      label,
      [
        note,
        done < total ? timeLeft(performance.now() - start, done, total) : "",
      ].filter((part) => part !== "").join(", "),
    ));
    await tick();
    stop.throwIfAborted();
  };
  return { update };
}

function barBundle(
  done: number,
  total: number,
  label: string,
  note: string,
): Bundle {
  const text = `${label} ${done}/${total}${note ? `, ${note}` : ""}`;
  const bar =
    `<progress max="${total}" value="${done}" style="width:20em"></progress>`;
  return {
    "text/html": `${bar} ${escapeMarkup(text)}`,
    "text/plain": text,
  };
}

/** Returns the estimated time left, from the pace so far; "" before the first step. */
function timeLeft(elapsedMs: number, done: number, total: number): string {
  if (done === 0) return "";
  const seconds = Math.ceil(elapsedMs / 1000 / done * (total - done));
  return seconds < 90
    ? `${seconds} s left`
    : `${Math.ceil(seconds / 60)} min left`;
}
