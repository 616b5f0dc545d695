import assert from "node:assert/strict";
import { BrowserPage } from "../../../tasks/notebook/browser_page.ts";
import { chapters } from "../../../tasks/notebook/book.ts";
import { coloured } from "../../../tasks/notebook/coloured.ts";
import {
  exportNotebooks,
  indexPage,
} from "../../../tasks/notebook/export_html.ts";
import { drawnIn, findBrowser, SCREENS } from "../../../tasks/notebook/look.ts";
import { findNotebooks } from "../../../tasks/notebook/notebook_file.ts";
import { proseHtml } from "../../../tasks/notebook/prose.ts";

Deno.test("the book follows README's reading order and lists every notebook", async () => {
  const paths = await findNotebooks([]);
  const book = await chapters(paths);
  const names = book.map(({ name }) => name);
  assert.equal(names[0], "00_tour");
  assert.ok(names.indexOf("15_lineage") < names.indexOf("06_trrpp"));
  assert.ok(names.indexOf("02_model") > names.indexOf("10_ablations"));
  assert.deepEqual(new Set(names).size, paths.length);
  const unlisted = book.filter(({ says }) => says === "").map((c) => c.name);
  assert.deepEqual(unlisted.filter((name) => !/solutions/.test(name)), []);
  assert.match(indexPage(book), /<a href="00_tour\.html">/);
});

Deno.test("links between notebooks lead to pages, other files are named", () => {
  assert.match(
    proseHtml("[next](06_trrpp.ipynb) and [the page](../lib/azr.ts)"),
    /<a href="06_trrpp\.html">next<\/a> and <span title="lib\/azr\.ts in the kit">/,
  );
});

Deno.test("code is coloured, and none of its text becomes markup", () => {
  const html = coloured('const a = "<b>"; // x & y');
  assert.match(html, /<span class="tok-keyword">const<\/span>/);
  assert.match(html, /<span class="tok-string">"&lt;b&gt;"<\/span>/);
  assert.match(html, /<span class="tok-comment">\/\/ x &amp; y<\/span>/);
  assert.equal(
    coloured("a\n\n  b ~~ <").replace(/<[^>]+>/g, ""),
    "a\n\n  b ~~ &lt;",
  );
});

const browser = findBrowser();

Deno.test({
  name: "every page of the site is drawn in a real browser, whole on a phone" +
    (browser ? "" : " (skipped: no Chromium here)"),
  ignore: !browser,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "site-" });
    const open = await BrowserPage.open(browser!);
    try {
      const pages = await exportNotebooks(await findNotebooks([]), folder);
      for (const page of pages) await assertDrawn(open, page);
      assert.deepEqual(
        (await drawnIn(open, `${folder}/index.html`)).errors,
        [],
      );
    } finally {
      await open.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function assertDrawn(open: BrowserPage, page: string): Promise<void> {
  const html = await Deno.readTextFile(page);
  assert.ok(!/<pre class="(error|stderr)">/.test(html), `${page}: an error`);
  assert.ok(!/<pre class="\w+">\s*<\/pre>/.test(html), `${page}: empty output`);
  const { figures, drawn, errors } = await drawnIn(open, page);
  assert.deepEqual(errors, [], page);
  assert.equal(drawn, figures, `${page}: figures not drawn`);
  const phone = await drawnIn(open, page, SCREENS[".narrow"]);
  assert.equal(phone.overhang, 0, `${page}: wider than a phone`);
  assert.deepEqual(phone.cut, [], `${page}: cut words in figures`);
}
