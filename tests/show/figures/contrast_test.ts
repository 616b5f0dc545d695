/** Words can be read on what lies behind them, on light pages and on dark ones. */

import assert from "node:assert/strict";
import {
  contrast,
  inkOn,
  withInk,
} from "../../../lib/show/figures/contrast.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
} from "../../../lib/show/figures/style.ts";
import * as drawings from "../../../notebooks/figures/drawings.ts";
import { inDark } from "../../../tasks/notebook/fit.ts";
import {
  findNotebooks,
  readNotebook,
} from "../../../tasks/notebook/notebook_file.ts";
import { STYLE } from "../../../tasks/notebook/page_style.ts";

const PLOTLY = "application/vnd.plotly.v1+json";
/** The ratio that WCAG asks of words (level AA). */
const ENOUGH = 4.5;

Deno.test("contrast is WCAG's, on worked numbers", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#123456", "#123456"), 1);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(contrast("#0d1117", "#0072B2").toFixed(2), "3.65");
  assert.equal(contrast("rgb(0,114,178)", "#0072B2"), 1);
});

Deno.test("text inside bars gets ink that can be read, bar by bar", () => {
  for (const colour of [...Object.values(MODE_COLOURS), ...OTHER_COLOURS]) {
    assert.ok(contrast(inkOn(colour), colour) >= ENOUGH, colour);
  }
  const bars = {
    ...{ type: "bar", text: ["a", "b"], textposition: "inside" },
    marker: { color: ["#0072B2", "#009E73"] },
  };
  assert.deepEqual(
    (withInk(bars) as unknown as Record<string, unknown>).insidetextfont,
    { color: ["#ffffff", "#000000"] },
  );
  const without = { type: "bar", marker: { color: "#0072B2" } };
  assert.equal(withInk(without), without);
});

/** The colours of a page by the name of their variable, light and dark. */
function pageColours(): Record<string, string>[] {
  const [light, dark] = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map((
    [, rules],
  ) =>
    Object.fromEntries(
      [...rules.matchAll(/--(\w+): (#\w+)/g)].map(([, name, colour]) => [
        name,
        colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour,
      ]),
    )
  );
  return [light, dark];
}

Deno.test("the words of the site's pages can be read, light and dark", () => {
  const inks = [
    ...["text", "quiet", "link", "keyword", "string", "number", "comment"],
    "type",
  ];
  for (const page of pageColours()) {
    for (const ink of inks) {
      for (const ground of ["page", "code"]) {
        const ratio = contrast(page[ink], page[ground]);
        assert.ok(ratio >= ENOUGH, `${ink} on ${ground}: ${ratio}`);
      }
    }
    for (const ground of ["warning", "error"]) {
      assert.ok(contrast(page.text, page[ground]) >= ENOUGH, ground);
    }
  }
});

Deno.test("the words of drawings can be read, light and dark", () => {
  for (const [name, make] of Object.entries(drawings)) {
    const words = [...make().svg.matchAll(/<text[^>]*style="fill:([^"]*)"/g)];
    assert.ok(words.length > 0, name);
    for (const [, fill] of words) {
      const [, variable, alone] = /^var\(--(\w+), (#\w{6})\)$/.exec(fill) ??
        assert.fail(`${name}: ${fill} does not follow the page`);
      assert.ok(contrast(alone, "#ffffff") >= ENOUGH, `${name}: ${fill}`);
      for (const page of pageColours()) {
        assert.ok(contrast(page[variable], page.page) >= ENOUGH, name);
      }
    }
  }
});

/** A colour of words in a figure, and what lies behind the words. */
type Words = [ink: string, ground: string];

/** Returns the words of a value that stand on the figure's own ground. */
function onGround(value: unknown, ground: string): Words[] {
  if (Array.isArray(value)) {
    return value.flatMap((one) => onGround(one, ground));
  }
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, one]): Words[] => {
    if (name === "insidetextfont") return [];
    const ink = /font$/.test(name) ? [(one as { color?: unknown }).color] : [];
    const inks = ink.flat().filter((colour) => typeof colour === "string");
    return [
      ...inks.map((colour): Words => [colour as string, ground]),
      ...onGround(one, ground),
    ];
  });
}

interface Drawn {
  data: Record<string, unknown>[];
  layout: { paper_bgcolor: string };
}

/** Returns the words inside bars. */
function inBars({ data }: Drawn): Words[] {
  return data.flatMap((trace): Words[] => {
    const { type, text, textposition, marker, insidetextfont } = trace;
    if (type !== "bar" || !text || textposition === "outside") return [];
    const grounds = [(marker as { color: string | string[] }).color].flat();
    const inks = [(insidetextfont as { color: string | string[] }).color]
      .flat();
    return grounds.map((ground, i) => [inks[i] ?? inks[0], ground]);
  });
}

Deno.test("the words of every stored figure can be read, light and dark", async () => {
  const found: string[] = [];
  let count = 0;
  for (const path of await findNotebooks([])) {
    for (const { outputs = [] } of (await readNotebook(path)).cells) {
      for (const output of outputs) {
        if (!("data" in output) || !(PLOTLY in output.data)) continue;
        const light = output.data[PLOTLY] as Drawn;
        for (const figure of [light, inDark(light) as Drawn]) {
          const ground = figure.layout.paper_bgcolor;
          const words = [...onGround(figure, ground), ...inBars(figure)];
          count += words.length;
          for (const [ink, behind] of words) {
            if (contrast(ink, behind) >= ENOUGH) continue;
            found.push(`${path}: ${ink} on ${behind}`);
          }
        }
      }
    }
  }
  assert.deepEqual(found, []);
  assert.ok(count > 250, `only ${count} words were read`);
});
