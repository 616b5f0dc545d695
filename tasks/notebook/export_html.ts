/**
 * Notebooks as pages that work offline: open the file, figures included.
 *
 * plotly.js is copied once, beside the pages. Where it cannot run, the figures
 * are the static images that the notebook holds.
 */

import { basename } from "node:path";
import {
  type Cell,
  joined,
  type MimeBundle,
  type Notebook,
  type Output,
  readNotebook,
} from "./notebook_file.ts";
import { escapeHtml, proseHtml } from "./prose.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

const STYLE = `
body { font: 16px/1.55 system-ui, sans-serif; color: #222; max-width: 56rem;
  margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; margin-top: 2rem; }
pre { font: 13px/1.45 ui-monospace, monospace; overflow-x: auto; margin: .4rem 0;
  padding: .6rem .8rem; }
pre.code { background: #f6f8fa; border-left: 3px solid #0072b2; }
pre.stderr { background: #fff4e5; } pre.error { background: #fdecea; }
code { background: #f6f8fa; padding: 0 .2em; }
pre code { padding: 0; }
table { border-collapse: collapse; }
td, th { border: 1px solid #ccc; padding: .25rem .7rem; text-align: left; }
.figure svg { max-width: 100%; height: auto; }
`;

const DRAW = `
for (const script of document.querySelectorAll("script[data-figure]")) {
  if (!window.Plotly) break;
  const { data, layout, config } = JSON.parse(script.textContent);
  const place = script.previousElementSibling;
  place.replaceChildren();
  Plotly.newPlot(place, data, layout, config)
    .then(() => place.dataset.drawn = "yes");
}
document.body.dataset.height = document.documentElement.scrollHeight;
`;

/** Returns a notebook as one HTML page, which wants `plotly.min.js` beside it. */
export function notebookPage(notebook: Notebook, title: string): string {
  const body = notebook.cells.map(cellHtml).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
<script src="plotly.min.js"></script>
<script>${DRAW}</script>
</body>
</html>
`;
}

/** Writes a page per notebook, and plotly.js; returns the paths of the pages. */
export async function exportNotebooks(
  paths: string[],
  folder: string,
): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const pages: string[] = [];
  for (const path of paths) {
    const name = basename(path, ".ipynb");
    const page = `${folder}/${name}.html`;
    const notebook = await readNotebook(path);
    await Deno.writeTextFile(page, notebookPage(notebook, name));
    pages.push(page);
  }
  const plotly = new URL(import.meta.resolve("plotly.js-dist-min"));
  await Deno.copyFile(plotly, `${folder}/plotly.min.js`);
  return pages;
}

function cellHtml(cell: Cell): string {
  const source = joined(cell.source);
  if (cell.cell_type === "markdown") return proseHtml(source);
  if (cell.cell_type !== "code") return "";
  const outputs = (cell.outputs ?? []).map(outputHtml).join("\n");
  return `<pre class="code">${escapeHtml(source)}</pre>\n${outputs}`;
}

function outputHtml(output: Output): string {
  switch (output.output_type) {
    case "stream":
      return preformatted(output.name, joined(output.text));
    case "error":
      return preformatted("error", errorText(output));
    default:
      return bundleHtml(output.data);
  }
}

function errorText(
  { ename, evalue, traceback }: Extract<Output, { output_type: "error" }>,
): string {
  return traceback.length > 0 ? traceback.join("\n") : `${ename}: ${evalue}`;
}

/** Returns the richest form of a displayed value. */
function bundleHtml(data: MimeBundle): string {
  const svg = joined(data["image/svg+xml"]);
  if (PLOTLY in data) {
    // The sequence that would end the script must not occur in it.
    const figure = JSON.stringify(data[PLOTLY]).replaceAll("<", "\\u003c");
    return `<div class="figure">${svg}</div>` +
      `<script type="application/json" data-figure="plotly">${figure}</script>`;
  }
  if (svg) return `<div class="figure">${svg}</div>`;
  if ("text/html" in data) return joined(data["text/html"]);
  if ("text/markdown" in data) return proseHtml(joined(data["text/markdown"]));
  return preformatted("result", joined(data["text/plain"]));
}

function preformatted(kind: string, text: string): string {
  return `<pre class="${kind}">${escapeHtml(text)}</pre>`;
}
