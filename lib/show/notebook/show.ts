/** Figures in a notebook. */

import type { Figure } from "../figures/figure.ts";
import { type Bundle, display } from "./display.ts";
import { plainJson } from "./plain_json.ts";

/** The mime type that Plotly's extensions of Jupyter draw. */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

/**
 * Shows a Plotly figure in the output of the cell. Await the call: if the cell ends
 * earlier, the figure appears in the next cell. Typed arrays are allowed.
 */
export async function show(figure: Figure): Promise<void> {
  await display(figureBundle(figure));
}

/** Returns a figure as content of a notebook: for Plotly, and as a line of text. */
export function figureBundle(figure: Figure): Bundle {
  const { data, layout, config = { responsive: true } } = figure;
  return {
    [PLOTLY_MIME]: plainJson({ data, layout, config }),
    "text/plain": figureText(figure),
  };
}

/** Returns a figure in one line: its title and the names of its traces. */
export function figureText({ data, layout }: Figure): string {
  const title = layout.title?.text ?? "untitled";
  const names = data.map(({ name }) => name).filter((name) => name);
  const traces = data.length === 1 ? "1 trace" : `${data.length} traces`;
  const listed = names.length > 0 ? `: ${names.join(", ")}` : "";
  return `Figure "${title.replace(/<[^>]*>/g, "")}" (${traces}${listed})`;
}
