/** TypeScript as HTML, each token in a span whose class is its kind. */

import { classHighlighter, highlightCode } from "@lezer/highlight";
import { parser } from "@lezer/javascript";
import { escapeHtml } from "./prose.ts";

const typescript = parser.configure({ dialect: "ts" });

/** Returns code as HTML with the classes `tok-…` of Lezer. Code with errors is coloured as far as it can be read. */
export function coloured(source: string): string {
  let html = "";
  highlightCode(
    source,
    typescript.parse(source),
    classHighlighter,
    (text, classes) => {
      const escaped = escapeHtml(text);
      html += classes ? `<span class="${classes}">${escaped}</span>` : escaped;
    },
    () => html += "\n",
  );
  return html;
}
