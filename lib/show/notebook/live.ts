/**
 * A plot that is redrawn while its cell runs.
 *
 * While it runs it is a plain SVG, which every front end redraws; Plotly's
 * extension of JupyterLab ignores updates. At the end the same figure takes its
 * place as a Plotly figure, with the last SVG beside it for viewers that draw
 * no Plotly.
 */

import type { Figure } from "../figures/figure.ts";
import { type Bundle, type Display, display } from "./display.ts";
import { stopSignal, tick } from "./interrupt.ts";
import { linesSvg } from "./lines_svg.ts";
import { figureBundle, figureText } from "./show.ts";

/** Shortest time between two redraws, in milliseconds. */
const REDRAW_MS = 150;

/** A plot being drawn. */
export interface LivePlot {
  /**
   * Shows the figure as it is now, or skips it if the last one is too recent.
   * Also lets the ■ button be noticed: throws an AbortError if it was pressed
   * since the plot was opened, be it while the cell was waiting for other work.
   */
  update(figure: Figure): Promise<void>;
  /** Shows the last figure for good, with Plotly. */
  finish(): Promise<void>;
}

/** Opens a live plot of lines. Nothing is drawn before the first update. */
export function live(): LivePlot {
  const stop = stopSignal();
  let shown: Display | null = null;
  let latest: Figure | null = null;
  let drawnAt = -Infinity;
  const draw = async (bundle: Bundle) => {
    drawnAt = performance.now();
    if (shown) await shown.redraw(bundle);
    else shown = await display(bundle);
  };
  return {
    async update(figure) {
      latest = figure;
      const due = performance.now() - drawnAt >= REDRAW_MS;
      if (due) await draw(frameBundle(figure));
      await tick();
      stop.throwIfAborted();
    },
    async finish() {
      if (!latest) return;
      await draw({ ...figureBundle(latest), ...frameBundle(latest) });
    },
  };
}

function frameBundle(figure: Figure): Bundle {
  return {
    "image/svg+xml": linesSvg(figure),
    "text/plain": figureText(figure),
  };
}
