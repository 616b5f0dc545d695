/** The look of the exported pages, light and dark, and the script that draws their figures. */

import { FIT } from "./fit.ts";

/** Colours of syntax are those of GitHub's light and dark themes, which keep a contrast of 4.5 to 1. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fff; --text: #222; --quiet: #57606a;
  --code: #f6f8fa; --line: #d0d7de; --link: #0550ae; --keyword: #cf222e;
  --string: #0a3069; --number: #0550ae; --comment: #57606a; --type: #8250df;
  --warning: #fff4e5; --error: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --text: #e6edf3;
  --quiet: #9198a1; --code: #161b22; --line: #30363d; --link: #79c0ff;
  --keyword: #ff7b72; --string: #a5d6ff; --number: #79c0ff; --comment: #9198a1;
  --type: #d2a8ff; --warning: #3a2a10; --error: #3d1517; } }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--text);
  background: var(--page); max-width: 56rem; margin: 0 auto; padding: 0 1rem 3rem; }
a { color: var(--link); }
h1, h2, h3 { line-height: 1.2; margin-top: 2rem; }
nav.book { display: flex; gap: 1rem; flex-wrap: wrap; padding: .6rem 0;
  border-bottom: 1px solid var(--line); }
nav.book .next { margin-left: auto; }
details.contents { margin: 1rem 0; color: var(--quiet); }
pre { font: 13px/1.45 ui-monospace, monospace; overflow-x: auto; margin: .4rem 0;
  padding: .6rem .8rem; }
pre.code { background: var(--code); border-left: 3px solid var(--link); }
pre.stderr { background: var(--warning); } pre.error { background: var(--error); }
code { background: var(--code); padding: 0 .2em; overflow-wrap: anywhere; } pre code { padding: 0; }
.tok-keyword, .tok-operator { color: var(--keyword); }
.tok-string, .tok-string2 { color: var(--string); }
.tok-number, .tok-bool, .tok-atom { color: var(--number); }
.tok-comment { color: var(--comment); } .tok-typeName { color: var(--type); }
.table { overflow-x: auto; } table { border-collapse: collapse; }
td, th { border: 1px solid var(--line); padding: .25rem .7rem; text-align: left; }
.formula { overflow-x: auto; overflow-y: hidden; }
.figure { overflow-x: auto; } .figure svg { max-width: 100%; height: auto; }
`;

/**
 * Draws every figure as wide as the page allows, in the page's own colours. A figure keeps its
 * static image until it is drawn, and for good where plotly.js is missing.
 */
export const DRAW = `
${FIT}
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const draw = async (script) => {
  const figure = JSON.parse(script.textContent);
  const place = script.previousElementSibling;
  place.replaceChildren();
  const room = place.clientWidth;
  const named = figure.data.filter((trace) =>
    trace.name && trace.showlegend !== false);
  const layout = fitted(figure.layout ?? {}, room, named.length > 1);
  const narrow = layout.width < (figure.layout?.width ?? 700);
  const fit = { ...figure, layout, data: narrow
    ? shrunk(figure.data, room / (figure.layout?.width ?? 700)) : figure.data };
  const { data, config, frames, layout: coloured } = dark ? inDark(fit) : fit;
  await Plotly.newPlot(place, data, coloured,
    { displayModeBar: false, ...config, responsive: false });
  // Twice, since text moves when the axes do.
  for (const _ of narrow ? [1, 2] : []) {
    const change = roomFor(place);
    if (change) await Plotly.relayout(place, change);
  }
  if (frames) await Plotly.addFrames(place, frames);
  place.dataset.drawn = "yes";
};
const scripts = [...document.querySelectorAll("script[data-figure]")];
Promise.allSettled(window.Plotly ? scripts.map(draw) : [])
  .then(() => document.body.dataset.ready = "yes");
`;
