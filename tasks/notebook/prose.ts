/**
 * The prose of a notebook as HTML: Markdown with formulas between dollar signs.
 *
 * Formulas become MathML, which browsers draw without further files. Markup in
 * the prose is shown as text: a page contains only what this makes.
 */

import katex from "katex";
import { marked } from "marked";

/** `$$…$$` on lines of its own, or `$…$` within a line. */
const FORMULA = /\$\$([\s\S]+?)\$\$|\$([^$\n]+?)\$/g;
const CODE = /```[\s\S]*?```|`[^`\n]*`/g;

/** Markdown to HTML. Throws where a formula is not TeX that KaTeX knows. */
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
        return keep(katex.renderToString(display ?? inline, options));
      })),
  );
  const html = marked.parse(text, { async: false });
  return html.replace(/formula-(\d+)-end/g, (_, i) => formulas[Number(i)]);
}

/** Returns the text for HTML. */
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
