/**
 * Static images of figures: an SVG beside every Plotly output of a notebook, so
 * that viewers without JavaScript (GitHub, PDF) show it.
 */

import type { Notebook } from "./notebook_file.ts";
import { lines } from "./notebook_file.ts";
import { plotlyWindow } from "./plotly_window.ts";

const PLOTLY = "application/vnd.plotly.v1+json";
const DEFAULT_WIDTH = 700;
const DEFAULT_HEIGHT = 420;

/** The kinds of traces that are drawn as SVG. All others come out empty or not at all. */
const DRAWN_AS_SVG = new Set([
  "scatter",
  "bar",
  "histogram",
  "box",
  "violin",
  "contour",
  "table",
  "sankey",
  "pie",
  "waterfall",
  "funnel",
]);

interface Figure {
  data: { type?: string }[];
  layout?: { width?: number; height?: number; [key: string]: unknown };
}

/**
 * Draws a figure as SVG text; equal figures give equal bytes. Throws if it has
 * a trace that cannot be drawn without a browser.
 */
export async function figureSvg(figure: Figure): Promise<string> {
  for (const { type = "scatter" } of figure.data) {
    if (DRAWN_AS_SVG.has(type)) continue;
    throw new Error(
      `a trace of type "${type}" cannot be drawn as a static image; ` +
        `use one of ${[...DRAWN_AS_SVG].join(", ")}`,
    );
  }
  const layout = withoutStandoff(figure.layout ?? {});
  const width = layout.width ?? DEFAULT_WIDTH;
  const height = layout.height ?? DEFAULT_HEIGHT;
  const { toSvg } = await plotlyWindow();
  const svg = await toSvg({ data: figure.data, layout }, width, height);
  // A hundredth of a pixel is exact enough, and keeps the file small.
  return svg.replace(/(\d+\.\d\d)\d+/g, "$1");
}

/**
 * Returns the layout without the distances that keep titles of axes off their labels.
 * plotly.js measures the place of the labels in the page, which jsdom does not lay out: the
 * title of a horizontal axis would stand on the title of the figure. Without a distance
 * plotly.js puts the title of an axis where its font size says.
 */
function withoutStandoff(layout: Figure["layout"] & object): typeof layout {
  return Object.fromEntries(
    Object.entries(layout).map(([name, value]) => {
      if (!/^[xy]axis\d*$/.test(name)) return [name, value];
      const axis = value as { title?: { standoff?: number } };
      if (axis.title?.standoff === undefined) return [name, value];
      const { standoff: _, ...title } = axis.title;
      return [name, { ...axis, title }];
    }),
  );
}

/**
 * Gives an SVG image to every Plotly output and returns the number of images: also to a
 * live plot, in place of its last frame. A PNG image is dropped, since JupyterLab adds one
 * whenever it draws the figure.
 */
export async function addStaticImages(notebook: Notebook): Promise<number> {
  let drawn = 0;
  for (const [number, cell] of notebook.cells.entries()) {
    for (const output of cell.outputs ?? []) {
      if (!("data" in output) || !(PLOTLY in output.data)) continue;
      delete output.data["image/png"];
      try {
        const svg = await figureSvg(output.data[PLOTLY] as Figure);
        output.data["image/svg+xml"] = lines(svg);
      } catch (error) {
        throw new Error(`cell ${number}: ${(error as Error).message}`);
      }
      drawn++;
    }
  }
  return drawn;
}
