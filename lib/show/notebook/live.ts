/**
 * A plot that is redrawn while its cell runs.
 *
 * While the cell runs the plot is a plain SVG, which every front end redraws: Plotly's
 * extension of JupyterLab ignores updates. At the end the figure is shown by Plotly, and
 * the last SVG is kept for viewers without Plotly.
 */

import type { Figure } from "../figures/figure.ts";
import { type Bundle, type Display, display } from "./display.ts";
import { stopSignal, tick } from "./interrupt.ts";
import { linesSvg } from "./lines_svg.ts";
import { figureBundle, figureText } from "./show.ts";

/** Shortest time between two redraws, in milliseconds. */
const REDRAW_MS = 150;

/** A plot that is redrawn while its cell runs. */
interface LivePlot {
  /**
   * Redraws the figure, unless the last drawing is too recent. Throws an AbortError
   * where the ■ button was pressed since the plot was opened.
   */
  update(figure: Figure): Promise<void>;
  /** Shows the last figure by Plotly, or the one that is given in its place. */
  finish(figure?: Figure): Promise<void>;
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
    async finish(figure) {
      const last = figure ?? latest;
      if (last) await draw({ ...frameBundle(last), ...figureBundle(last) });
    },
  };
}

function frameBundle(figure: Figure): Bundle {
  return {
    "image/svg+xml": linesSvg(figure),
    "text/plain": figureText(figure),
  };
}
