/** Figures in a notebook. */

import type { Figure } from "../figures/figure.ts";
import { type Bundle, display } from "./display.ts";
import { plainJson } from "./plain_json.ts";

/** The mime type that Plotly's extensions of Jupyter draw. */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

/** A drawing as SVG, and what it says in a sentence. */
export interface Drawing {
  svg: string;
  says: string;
}

/**
 * Shows a Plotly figure or a drawing in the output of the cell. Await the call: if the
 * cell ends earlier, the figure appears in the next cell. Typed arrays are allowed.
 */
export async function show(shown: Figure | Drawing): Promise<void> {
  await display(
    "svg" in shown
      ? { "image/svg+xml": shown.svg, "text/plain": shown.says }
      : figureBundle(shown),
  );
}

/** No bar of buttons: it would hide the title of a narrow figure. */
const CONFIG = { displayModeBar: false, responsive: true };

/** Returns a figure as content of a notebook: for Plotly, and as a line of text. */
export function figureBundle(figure: Figure): Bundle {
  const { data, layout, config = CONFIG, frames } = figure;
  return {
    [PLOTLY_MIME]: plainJson({ data, layout, config, frames }),
    "text/plain": figureText(figure),
  };
}

/** Returns a figure in one line: its title and the names of its traces. */
export function figureText({ data, layout }: Figure): string {
  const title = layout.title?.text ?? "untitled";
  const names = data.map(({ name }) => name).filter((name) => name);
  const traces = data.length === 1 ? "1 trace" : `${data.length} traces`;
  const listed = names.length > 0 ? `: ${names.join(", ")}` : "";
  const plain = title.replaceAll("<br>", " ").replace(/<[^>]*>/g, "");
  return `Figure "${plain}" (${traces}${listed})`;
}
