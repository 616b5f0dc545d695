/** Every structure that a notebook explains is drawn in it. */

import assert from "node:assert/strict";
import { JSDOM } from "jsdom";
import * as drawings from "../../notebooks/figures/drawings.ts";
import {
  joined,
  kitRoot,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";

const SHOWN: Record<string, keyof typeof drawings> = {
  "00_tour": "loopDrawing",
  "01_executor": "sandboxDrawing",
  "03_modes": "modesDrawing",
  "04_proposer": "bufferDrawing",
  "05_rewards": "groupsDrawing",
  "06_trrpp": "sixBoxesDrawing",
  "08_base_model": "worldDrawing",
  "09_experiment": "threeLinesDrawing",
  "14_scale_out": "enginesDrawing",
};

Deno.test("each of nine drawings stands in its notebook as it is made today", async () => {
  assert.deepEqual(
    Object.values(SHOWN).toSorted(),
    Object.keys(drawings).toSorted(),
  );
  for (const [name, made] of Object.entries(SHOWN)) {
    const { cells } = await readNotebook(
      `${kitRoot()}/notebooks/${name}.ipynb`,
    );
    const cell = cells.find(({ id }) => id === "drawing");
    assert.match(joined(cell?.source), new RegExp(`show\\(${made}\\(\\)\\)`));
    const [output] = cell!.outputs!;
    assert.ok("data" in output, `${name}: the drawing was not run`);
    const { svg, says } = drawings[made]();
    assert.equal(joined(output.data["image/svg+xml"]), svg);
    assert.equal(joined(output.data["text/plain"]), says);
  }
});

Deno.test("a drawing is sound SVG, inside its edges, in colours that a dark page replaces", () => {
  const { DOMParser } = new JSDOM("").window;
  for (const [name, make] of Object.entries(drawings)) {
    const { svg } = make();
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
    assert.equal(parsed.querySelector("parsererror"), null, name);
    const root = parsed.documentElement;
    const [, , width, height] = root.getAttribute("viewBox")!.split(" ")
      .map(Number);
    for (const rect of parsed.querySelectorAll("rect")) {
      const [x, y, w, h] = ["x", "y", "width", "height"]
        .map((key) => Number(rect.getAttribute(key)));
      assert.ok(x >= 0 && y >= 0 && x + w <= width && y + h <= height, name);
    }
    for (const words of parsed.querySelectorAll("text")) {
      // Seven and a half pixels a letter: the width of the letters of 15 pixels.
      const long = 7.5 * words.textContent!.length;
      const anchor = words.getAttribute("text-anchor");
      const x = Number(words.getAttribute("x"));
      const left = anchor === "middle" ? x - long / 2 : x;
      assert.ok(
        left >= 0 && left + long <= width + 4,
        `${name}: ${words.textContent}`,
      );
      assert.ok(Number(words.getAttribute("y")) < height, name);
    }
    assert.ok(!/="#(000000|222222|ffffff)"/.test(svg), `${name}: a fixed ink`);
  }
});
