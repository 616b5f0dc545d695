/**
 * Writes the prose of a notebook as HTML: Markdown with formulas between dollar signs.
 *
 * Formulas become MathML, which browsers draw without further files. Markup in the prose
 * is shown as text, so that a page contains no other elements than those made here.
 */

import katex from "katex";
import { marked } from "marked";

/** Matches a formula: `$$…$$` on lines of its own, or `$…$` within a line. */
const FORMULA = /\$\$([\s\S]+?)\$\$|\$([^$\n]+?)\$/g;
const CODE = /```[\s\S]*?```|`[^`\n]*`/g;

/** Turns Markdown into HTML. Throws where a formula is not TeX that KaTeX knows. */
export function proseHtml(markdown: string): string {
  const formulas: string[] = [];
  const keep = (html: string) => {
    formulas.push(html);
    return `formula-${formulas.length - 1}-end`;
  };
  const text = outsideCode(
    markdown,
    (part) =>
      escapeHtml(part.replace(FORMULA, (_, display, inline) => {
        const options = {
          displayMode: display !== undefined,
          output: "mathml" as const,
        };
        const html = katex.renderToString(display ?? inline, options);
        return keep(display ? `<div class="formula">${html}</div>` : html);
      })),
  );
  const html = marked.parse(text, { async: false });
  return forSite(html).replace(
    /formula-(\d+)-end/g,
    (_, i) => formulas[Number(i)],
  );
}

/**
 * Turns links between notebooks into links between pages, and other files of the kit, which the
 * site does not hold, into their names. Wide tables scroll by themselves.
 */
function forSite(html: string): string {
  return html
    .replace(/href="(\w+)\.ipynb(#[^"]*)?"/g, 'href="$1.html"')
    .replace(
      /<a href="\.\.\/([^"]+)">(.*?)<\/a>/g,
      '<span title="$1 in the kit">$2</span>',
    )
    .replaceAll("<table>", '<div class="table"><table>')
    .replaceAll("</table>", "</table></div>");
}

/** Escapes a text for HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** Applies `change` to the parts of a Markdown text that are not code. */
function outsideCode(
  markdown: string,
  change: (part: string) => string,
): string {
  let result = "";
  let end = 0;
  for (const code of markdown.matchAll(CODE)) {
    result += change(markdown.slice(end, code.index)) + code[0];
    end = code.index + code[0].length;
  }
  return result + change(markdown.slice(end));
}
