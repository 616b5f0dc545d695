/**
 * Exports notebooks as HTML pages that work offline, figures included.
 *
 * plotly.js is copied once and lies beside the pages. Where plotly.js cannot run, a page
 * shows the static images that the notebook holds.
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
import { type Chapter, chapters } from "./book.ts";
import { coloured } from "./coloured.ts";
import { DRAW, STYLE } from "./page_style.ts";
import { escapeHtml, proseHtml } from "./prose.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

/** Returns a notebook as one HTML page, which loads `plotly.min.js` from its own folder. */
export function notebookPage(
  notebook: Notebook,
  title: string,
  book: readonly Chapter[] = [],
): string {
  const { body, headings } = withAnchors(
    notebook.cells.map(cellHtml).join("\n"),
  );
  const here = book.findIndex(({ name }) => name === title);
  return page(title, [
    here < 0 ? "" : bookNavigation(book, here),
    contents(headings),
    body,
    '<script src="plotly.min.js"></script>',
    `<script>${DRAW}</script>`,
  ]);
}

/** Writes a page per notebook, an index and plotly.js; returns the paths of the notebooks' pages. */
export async function exportNotebooks(
  paths: readonly string[],
  folder: string,
): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const book = await chapters(paths);
  const pages: string[] = [];
  for (const path of paths) {
    const name = basename(path, ".ipynb");
    const notebook = await readNotebook(path);
    const html = notebookPage(notebook, name, book);
    await Deno.writeTextFile(`${folder}/${name}.html`, html);
    pages.push(`${folder}/${name}.html`);
  }
  await Deno.writeTextFile(`${folder}/index.html`, indexPage(book));
  const plotly = new URL(import.meta.resolve("plotly.js-dist-min"));
  await Deno.copyFile(plotly, `${folder}/plotly.min.js`);
  return pages;
}

/** Returns the first page: the notebooks in reading order. */
export function indexPage(book: readonly Chapter[]): string {
  const rows = book.map(({ name, title, says }) =>
    `<tr><td><a href="${name}.html">${escapeHtml(title)}</a></td>` +
    `<td>${escapeHtml(says || "solutions of the exercises")}</td></tr>`
  );
  return page("Absolute Zero Notebooks", [
    "<h1>Absolute Zero Notebooks</h1>",
    "<p>One model invents its own tasks, solves them, and learns from both.</p>",
    `<div class="table"><table>${rows.join("\n")}</table></div>`,
  ]);
}

function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${parts.filter((part) => part !== "").join("\n")}
</body>
</html>
`;
}

/** Returns the links to the index, and to the notebooks before and after. */
function bookNavigation(book: readonly Chapter[], here: number): string {
  const link = (chapter: Chapter | undefined, kind: string, mark: string) =>
    chapter
      ? `<a class="${kind}" href="${chapter.name}.html">` +
        `${mark} ${escapeHtml(chapter.title)}</a>`
      : "";
  return `<nav class="book"><a href="index.html">All notebooks</a>` +
    link(book[here - 1], "previous", "←") + link(book[here + 1], "next", "→") +
    "</nav>";
}

/** Gives every heading of the second level an anchor. */
function withAnchors(html: string): { body: string; headings: string[] } {
  const headings: string[] = [];
  const body = html.replace(/<h2>(.*?)<\/h2>/g, (_, text: string) => {
    headings.push(text);
    return `<h2 id="section-${headings.length}">${text}</h2>`;
  });
  return { body, headings };
}

function contents(headings: readonly string[]): string {
  if (headings.length === 0) return "";
  const items = headings.map((text, i) =>
    `<li><a href="#section-${i + 1}">${text}</a></li>`
  );
  return `<details class="contents"><summary>Contents</summary>` +
    `<ul>${items.join("")}</ul></details>`;
}

function cellHtml(cell: Cell): string {
  const source = joined(cell.source);
  if (cell.cell_type === "markdown") return proseHtml(source);
  if (cell.cell_type !== "code") return "";
  const outputs = (cell.outputs ?? []).map(outputHtml).join("\n");
  return `<pre class="code">${coloured(source)}</pre>\n${outputs}`;
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
