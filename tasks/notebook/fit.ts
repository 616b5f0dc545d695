/**
 * Fits a figure to the room that a page has for it. The pages run the text of these
 * functions: each uses nothing but its arguments and the language.
 */

// deno-lint-ignore no-explicit-any -- layouts as Plotly takes them, in a page's script
type Layout = Record<string, any>;

/**
 * Returns a layout as wide as the room. In less room than the figure asks for, the title
 * is broken into lines, the legend, if there is one, lies below the axes, and panels that lie side by side
 * lie below each other, two to a row where there are more than three.
 */
export function fitted(
  layout: Layout,
  room: number,
  legend = true,
): Layout {
  const asked = layout.width ?? 700;
  if (room >= asked) return { ...layout, width: asked };
  const axes = Object.keys(layout).filter((key) => /^xaxis\d*$/.test(key))
    .map((key) => key.slice(5));
  const beside = axes.length > 1 && layout.xaxis.domain?.[1] < 0.99;
  const columns = axes.length > 3 && room > 380 ? 2 : 1;
  const rows = Math.ceil(axes.length / columns);
  const margin = layout.margin ?? {};
  const letters = Math.floor(room / 7.6);
  const lines: string[] = [""];
  for (const word of (layout.title?.text ?? "").split(/ *<br> *| /)) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= letters) lines.push(word);
    else lines[lines.length - 1] = last ? last + " " + word : word;
  }
  const top = 28 + 18 * lines.length;
  const made: Layout = {
    ...layout,
    width: room,
    title: {
      ...layout.title,
      ...{ text: lines.join("<br>"), font: { size: 14 }, x: 0.01 },
    },
    font: { ...layout.font, size: 12 },
    margin: {
      ...margin,
      ...{ l: Math.min(margin.l ?? 70, room * 0.4), r: 10, t: top + 10 },
      b: Math.max(legend ? 120 : 60, layout.sliders ? 190 : 0),
    },
    legend: {
      ...layout.legend,
      ...{ orientation: "h", x: 0, xanchor: "left", xref: "container" },
      ...{ y: 0, yanchor: "bottom", yref: "container", font: { size: 11 } },
    },
    height: (layout.height ?? 420) + 40 + (layout.sliders ? 40 : 0),
  };
  const placed = () => {
    made.title.y = 1 - 18 / made.height;
    made.title.yanchor = "top";
    return made;
  };
  if (!beside) return placed();
  axes.forEach((suffix, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const [high, wide] = [1 / rows, 1 / columns];
    const bottom = 1 - (row + 1) * high;
    made["xaxis" + suffix] = {
      ...layout["xaxis" + suffix],
      domain: [column * wide + (column ? 0.08 : 0), (column + 1) * wide],
    };
    made["yaxis" + suffix] = {
      ...layout["yaxis" + suffix],
      ...{ domain: [bottom + 0.3 * high, bottom + 0.92 * high] },
      ...(columns === 1 && { showticklabels: true }),
    };
  });
  made.height = top + made.margin.b + rows * 230;
  return placed();
}

/** Returns the figure in the colours of a dark page: black, greys and white change places. */
export function inDark(figure: Layout): Layout {
  const colours: Record<string, string> = {
    "#ffffff": "#0d1117",
    "#000000": "#e6edf3",
    "#222222": "#e6edf3",
    "#555555": "#9198a1",
    "#888888": "#9198a1",
    "#bbbbbb": "#57606a",
    "#cccccc": "#484f58",
    "#e5e5e5": "#30363d",
    "#f0f0f0": "#21262d",
  };
  const text = JSON.stringify(figure).replace(
    /"(#[0-9a-f]{6})"/gi,
    (whole, colour) => {
      const dark = colours[colour.toLowerCase()];
      return dark ? '"' + dark + '"' : whole;
    },
  );
  return JSON.parse(text);
}
