/** Sliders move drawings in a real browser, and figures fit a narrow and a dark page. */

import assert from "node:assert/strict";
import { expectedRewardCurves } from "../../../notebooks/figures/solve_rates.ts";
import { learnabilityCurves } from "../../../notebooks/figures/learnability.ts";
import { withSlider } from "../../../lib/show/figures/slider.ts";
import { figureBundle } from "../../../lib/show/notebook/show.ts";
import { BrowserPage } from "../../../tasks/notebook/browser_page.ts";
import { exportNotebooks } from "../../../tasks/notebook/export_html.ts";
import { fitted, inDark } from "../../../tasks/notebook/fit.ts";
import { drawnIn, findBrowser } from "../../../tasks/notebook/look.ts";
import {
  type Notebook,
  writeNotebook,
} from "../../../tasks/notebook/notebook_file.ts";
import { addStaticImages } from "../../../tasks/notebook/static_images.ts";

const slid = expectedRewardCurves("paper", [1, 2, 8], 2);

Deno.test("a slider begins at its state; other traces are refused", () => {
  const [{ active, steps }] = slid.layout.sliders as {
    active: number;
    steps: { label: string; args: [{ y: number[][] }, unknown] }[];
  }[];
  assert.deepEqual([active, steps.map(({ label }) => label)], [1, [
    "1",
    "2",
    "8",
  ]]);
  assert.deepEqual(steps[1].args[0].y[0], slid.data[0].y);
  assert.notDeepEqual(steps[2].args[0].y[0], slid.data[0].y);
  const state = (traces: number) => ({
    label: String(traces),
    figure: { data: Array.from({ length: traces }, () => ({})), layout: {} },
  });
  assert.throws(() => withSlider("x", [state(1), state(2)], 0), RangeError);
});

Deno.test("frames of a figure are shown with it", () => {
  const frames = [{ name: "a", data: [{ y: [1] }] }];
  const bundle = figureBundle({ data: [{ y: [2] }], layout: {}, frames });
  const shown = bundle["application/vnd.plotly.v1+json"] as { frames: unknown };
  assert.deepEqual(shown.frames, frames);
});

Deno.test("in a narrow room titles break, and panels lie below each other", () => {
  const { layout } = learnabilityCurves(8);
  const narrow = fitted(layout, 388);
  assert.equal(narrow.width, 388);
  assert.ok(narrow.title.text.includes("<br>"));
  assert.deepEqual(narrow.xaxis.domain, [0, 0.5]);
  assert.ok(narrow.yaxis3.domain[1] < narrow.yaxis.domain[0]);
  assert.ok(narrow.height > layout.height!);
  assert.equal(fitted(layout, 2000).width, layout.width);
});

Deno.test("a dark page keeps the colours that mean something", () => {
  const dark = inDark({ line: "#000000", page: "#ffffff", mode: "#0072B2" });
  assert.deepEqual(dark, { line: "#e6edf3", page: "#0d1117", mode: "#0072B2" });
});

const browser = findBrowser();

Deno.test({
  name: "moving a slider changes the drawing in a real browser" +
    (browser ? "" : " (skipped: no Chromium here)"),
  ignore: !browser,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "slider-" });
    const page = await BrowserPage.open(browser!);
    try {
      const notebook: Notebook = {
        ...{ metadata: {}, nbformat: 4, nbformat_minor: 5 },
        cells: [{
          ...{ cell_type: "code", metadata: {}, source: "" },
          outputs: [{
            output_type: "display_data",
            data: figureBundle(slid),
            metadata: {},
          }],
        }],
      };
      await addStaticImages(notebook);
      await writeNotebook(`${folder}/slid.ipynb`, notebook);
      const [html] = await exportNotebooks([`${folder}/slid.ipynb`], folder);
      const { drawn, errors } = await drawnIn(page, html);
      assert.deepEqual([drawn, errors], [1, []]);
      const read = () =>
        page.evaluate(`(() => {
          const plot = document.querySelector(".js-plotly-plot");
          const line = plot.querySelector(".scatterlayer .js-line");
          return [plot.querySelector(".gtitle").textContent, line.getAttribute("d")];
        })()`) as Promise<string[]>;
      const before = await read();
      // A press on the right end of the slider's rail, as a mouse does it.
      await page.evaluate(`(() => {
        const rail = document.querySelector(".slider-rail-touch-rect");
        const { right, top, height } = rail.getBoundingClientRect();
        const at = { clientX: right - 1, clientY: top + height / 2,
          bubbles: true, view: window };
        rail.dispatchEvent(new MouseEvent("mousedown", at));
        document.dispatchEvent(new MouseEvent("mouseup", at));
      })()`);
      await page.until(
        `document.querySelector(".gtitle").textContent.startsWith("8 attempts")`,
        30_000,
      );
      const after = await read();
      assert.match(before[0], /^2 attempts/);
      assert.notEqual(after[1], before[1]);
    } finally {
      await page.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
