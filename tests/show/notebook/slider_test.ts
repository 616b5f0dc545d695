/** Sliders move drawings in a real browser, and figures fit a narrow and a dark page. */

import assert from "node:assert/strict";
import { expectedRewardCurves } from "../../../notebooks/figures/solve_rates.ts";
import { learnabilityCurves } from "../../../notebooks/figures/learnability.ts";
import { dotIntervals } from "../../../lib/show/figures/dot_intervals.ts";
import { withSlider } from "../../../lib/show/figures/slider.ts";
import { figureBundle } from "../../../lib/show/notebook/show.ts";
import { BrowserPage } from "../../../tasks/notebook/browser_page.ts";
import { exportNotebooks } from "../../../tasks/notebook/export_html.ts";
import { fitted, inDark, shrunk } from "../../../tasks/notebook/fit.ts";
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
  const share = fitted({ title: { text: "from 27 % to 52 %" } }, 60);
  assert.equal(share.title.text, "from<br>27 % to<br>52 %");
  assert.deepEqual(narrow.xaxis.domain, [0, 0.5]);
  assert.ok(narrow.yaxis3.domain[1] < narrow.yaxis.domain[0]);
  assert.ok(narrow.height > layout.height!);
  assert.equal(fitted(layout, 2000).width, layout.width);
});

Deno.test("in a narrow room long names of rows break, and get the height for it", () => {
  const rows = ["self-play beats more pretraining at equal compute", "short"];
  const interval = { mean: 0.1, low: 0, high: 0.2 };
  const { layout } = dotIntervals(
    { title: "t", x: "difference of accuracy", rows, reference: 0 },
    [{ name: "greedy", intervals: [interval, interval] }],
  );
  const narrow = fitted(layout, 388);
  const lines = narrow.yaxis.ticktext[0].split("<br>");
  assert.ok(lines.length > 1 && lines.every((one: string) => one.length <= 22));
  assert.equal(narrow.yaxis.ticktext[1], "short");
  const bare = fitted({ ...layout, yaxis: {} }, 388);
  assert.equal(narrow.height - bare.height, 24 * (lines.length - 1));
});

Deno.test("in a narrow room marks of a matrix shrink, small marks stay", () => {
  const [matrix, marks, bar] = shrunk([
    { marker: { size: [40, 2, 10] } },
    { marker: { size: [10, 4] } },
    {
      ...{ type: "bar", orientation: "h", marker: { color: "#000000" } },
      y: ["SparseSoftmaxCrossEntropyWithLogits", "Mul", "two words of a name"],
    },
  ], 0.5);
  assert.deepEqual(matrix.marker.size, [20, 2, 5]);
  assert.deepEqual(marks.marker.size, [10, 4]);
  assert.equal(bar.textangle, 0);
  assert.deepEqual(
    bar.y,
    ["SparseSoftmaxCross<br>EntropyWithLogits", "Mul", "two words of a name"],
  );
});

Deno.test("a dark page keeps the colours that mean something", () => {
  const dark = inDark({ line: "#000000", page: "#ffffff", mode: "#0072B2" });
  assert.deepEqual(dark, { line: "#e6edf3", page: "#0d1117", mode: "#0072B2" });
});

Deno.test("on a dark page greys turn, clear ones too; text in bars follows the bar", () => {
  const dark = inDark({
    ...{ ground: "rgba(255,255,255,0.85)", seed: "rgba(0, 0, 0, 0.4)" },
    ...{ band: "rgba(0,114,178,0.2)", words: "#444444" },
    list: ["#ffffff"],
  });
  assert.deepEqual(dark, {
    ground: "rgba(13,17,23,0.85)",
    seed: "rgba(230,237,243, 0.4)",
    band: "rgba(0,114,178,0.2)",
    words: "#acb2b8",
    list: ["#0d1117"],
  });
  const bar = {
    type: "bar",
    text: ["a"],
    insidetextfont: { color: "#ffffff" },
  };
  const { data } = inDark({
    data: [
      { ...bar, marker: { color: "#000000" } },
      { ...bar, marker: { color: "#0072B2" } },
    ],
  });
  assert.deepEqual(
    data.map((one: typeof bar) => one.insidetextfont.color),
    ["#000000", "#ffffff"],
  );
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
