import assert from "node:assert/strict";
import { BrowserPage } from "../../../tasks/notebook/browser_page.ts";
import {
  exportNotebooks,
  notebookPage,
} from "../../../tasks/notebook/export_html.ts";
import { drawnIn, findBrowser, lookAt } from "../../../tasks/notebook/look.ts";
import {
  type Notebook,
  type Output,
  readNotebook,
  writeNotebook,
} from "../../../tasks/notebook/notebook_file.ts";
import { proseHtml } from "../../../tasks/notebook/prose.ts";
import { addStaticImages } from "../../../tasks/notebook/static_images.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

function notebookWith(...outputs: Output[]): Notebook {
  return {
    cells: [
      {
        cell_type: "markdown",
        metadata: {},
        source: "# Title\n\nProse $x<1$.",
      },
      {
        cell_type: "code",
        metadata: {},
        source: "1 < 2",
        outputs,
        execution_count: 1,
      },
    ],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function figureOutput(data: unknown[], more = {}): Output {
  const figure = { data, layout: { title: { text: "</script>" } } };
  return {
    output_type: "display_data",
    data: { [PLOTLY]: figure, "text/plain": ["figure"], ...more },
    metadata: {},
  };
}

Deno.test("prose: formulas become MathML, code keeps its dollars, markup is text", () => {
  const html = proseHtml("`$a$` and $a_1$ <script>x</script>\n\n$$b$$");
  assert.match(html, /<code>\$a\$<\/code>/);
  assert.equal(html.match(/<math/g)?.length, 2);
  assert.match(html, /display="block"/);
  assert.ok(!html.includes("<script"));
  assert.match(
    proseHtml("| a | b |\n|---|---|\n| 1 | `x => x < 1` |"),
    /<td>1<\/td>\n<td><code>x =&gt; x &lt; 1<\/code>/,
  );
});

Deno.test("a page shows code and outputs, and nothing in them ends its scripts", () => {
  const page = notebookPage(
    notebookWith(
      { output_type: "stream", name: "stdout", text: ["<b>\n"] },
      figureOutput([{ y: [1, 2] }]),
    ),
    "t",
  );
  assert.match(
    page,
    /<pre class="code"><span class="tok-number">1<\/span> .*&lt;/,
  );
  assert.match(page, /<pre class="stdout">&lt;b&gt;/);
  assert.equal(page.match(/<\/script>/g)?.length, 3);
});

Deno.test("every figure gets an image, a live one too; JupyterLab's PNG is dropped", async () => {
  const last = "<svg>last frame</svg>";
  const notebook = notebookWith(
    figureOutput([{ type: "scatter", y: [1, 2] }], { "image/png": "x" }),
    figureOutput([{ type: "scatter", y: [1, 2] }], {
      "image/svg+xml": [last],
    }),
  );
  assert.equal(await addStaticImages(notebook), 2);
  const [first, second] = notebook.cells[1].outputs as {
    data: Record<string, unknown>;
  }[];
  assert.ok(String(first.data["image/svg+xml"]).startsWith("<svg"));
  assert.ok(!("image/png" in first.data));
  assert.deepEqual(second.data["image/svg+xml"], first.data["image/svg+xml"]);
  await assert.rejects(
    addStaticImages(notebookWith(figureOutput([{ type: "surface" }]))),
    /^Error: cell 1: a trace of type "surface" cannot/,
  );
});

const browser = findBrowser();

Deno.test({
  name: "an exported page draws its figures in a real browser, offline" +
    (browser ? "" : " (skipped: no Chromium here)"),
  ignore: !browser,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "pages-" });
    const open = await BrowserPage.open(browser!);
    try {
      const path = `${folder}/drawn.ipynb`;
      const notebook = notebookWith(
        figureOutput([{ type: "scatter", y: [1, 3, 2] }]),
      );
      await writeNotebook(path, notebook);
      assert.deepEqual(
        (await readNotebook(path)).cells[1].outputs,
        notebook.cells[1].outputs,
      );
      const [page] = await exportNotebooks([path], folder);
      const looks = await lookAt(open, page);
      assert.equal(looks.length, 3);
      for (const look of looks) {
        assert.deepEqual(look.errors, []);
        assert.deepEqual([look.figures, look.drawn], [1, 1]);
        assert.equal(look.overhang, 0);
        assert.equal(look.pictures.length, 1);
        assert.ok((await Deno.stat(look.pictures[0])).size > 5000);
      }
      await Deno.remove(`${folder}/plotly.min.js`);
      const without = await drawnIn(open, page);
      assert.equal(without.drawn, 0);
      assert.match(without.errors.join(), /ERR_FILE_NOT_FOUND/);
    } finally {
      await open.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
