import assert from "node:assert/strict";
import { figureBundle, PLOTLY_MIME } from "../../../lib/show/notebook/show.ts";
import { live } from "../../../lib/show/notebook/live.ts";
import { progress } from "../../../lib/show/notebook/progress.ts";
import {
  requestStop,
  stopSignal,
  tick,
} from "../../../lib/show/notebook/interrupt.ts";
import { linesSvg } from "../../../lib/show/notebook/lines_svg.ts";
import { plainJson } from "../../../lib/show/notebook/plain_json.ts";

Deno.test("what JSON lacks is converted to what Plotly reads", () => {
  const converted = plainJson({
    numbers: [1, NaN, Infinity, 2n],
    map: new Map([["a", 1]]),
    set: new Set([1, 2]),
    date: new Date(0),
    gone: undefined,
    nothing: null,
    hole: [undefined],
  });
  assert.deepEqual(converted, {
    numbers: [1, null, null, 2],
    map: { a: 1 },
    set: [1, 2],
    date: "1970-01-01T00:00:00.000Z",
    nothing: null,
    hole: [null],
  });
});

Deno.test("typed arrays are packed as little-endian base64, views included", () => {
  const values = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
  assert.deepEqual(plainJson(values), { dtype: "f4", bdata: "AACAPwAAAEA=" });
  assert.deepEqual(plainJson(Uint8ClampedArray.of(255)), {
    dtype: "u1c",
    bdata: "/w==",
  });
  assert.deepEqual(plainJson(BigInt64Array.of(7n)), [7]);
});

Deno.test("what cannot be shown is refused by its path", () => {
  assert.throws(
    () => plainJson({ data: [{ x: () => 1 }] }),
    { message: "figure.data[0].x: a function cannot be displayed" },
  );
  assert.throws(
    () => plainJson({ view: new DataView(new ArrayBuffer(2)) }),
    { message: "figure.view: a DataView cannot be displayed" },
  );
});

Deno.test("a figure is shown for Plotly and in words", () => {
  const bundle = figureBundle({
    data: [{ name: "loss", y: [3, 2] }, { name: "reward", y: [0, 1] }],
    layout: { title: { text: "<b>Run</b>" } },
  });
  assert.equal(
    bundle["text/plain"],
    'Figure "Run" (2 traces: loss, reward)',
  );
  const plotly = bundle[PLOTLY_MIME] as { data: unknown[] };
  assert.equal(plotly.data.length, 2);
  assert.deepEqual(bundle, JSON.parse(JSON.stringify(bundle)));
});

Deno.test("a frame of a live plot has one line per trace, round ticks and safe text", () => {
  const svg = linesSvg({
    data: [
      { name: "a<b", x: [0, 10], y: [0, 1], line: { color: "#123456" } },
      { name: "gap", x: [0, 5, 10], y: [1, null, 0], line: { dash: "dash" } },
    ],
    layout: { title: { text: "T" }, yaxis: { range: [0, 1] } },
  });
  assert.equal(svg.match(/<polyline/g)?.length, 2);
  assert.match(svg, /stroke="#123456"/);
  assert.match(svg, /stroke-dasharray/);
  assert.match(svg, /a&lt;b/);
  for (const tick of ["0.2", "0.8", ">1<", ">10<"]) {
    assert.ok(svg.includes(tick));
  }
  // The first trace spans the plot: from bottom left to top right.
  assert.match(svg, /points="64,332 550,44"/);
  assert.ok(!/NaN|Infinity/.test(svg));
});

Deno.test("a plot without data is drawn too", () => {
  const svg = linesSvg({ data: [{ name: "empty", x: [], y: [] }], layout: {} });
  assert.ok(svg.startsWith("<svg"));
  assert.ok(!/NaN|Infinity/.test(svg));
});

Deno.test("a stop ends what runs, and what starts later runs", async () => {
  const signal = stopSignal();
  const waiting = tick();
  requestStop();
  await assert.rejects(waiting, { name: "AbortError" });
  assert.ok(signal.aborted);
  assert.ok(!stopSignal().aborted);
  await tick();
});

Deno.test("a stop between two updates ends the work of a bar and of a live plot", async () => {
  const [bar, plot] = [await progress(2, "steps"), live()];
  await bar.update(1);
  await plot.update({ data: [], layout: {} });
  requestStop();
  await tick();
  await assert.rejects(bar.update(2), { name: "AbortError" });
  await assert.rejects(plot.update({ data: [], layout: {} }), {
    name: "AbortError",
  });
  await (await progress(1, "the next cell")).update(1);
});
