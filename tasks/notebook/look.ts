/**
 * Looks at exported pages in a real browser: counts the figures that were drawn, lists
 * the errors, and leaves a picture of each figure in a folder beside the page: light,
 * dark, and as narrow as a phone. Needs Chromium or Chrome, in PATH or by $CHROMIUM.
 */

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BrowserPage, type Place, type Screen } from "./browser_page.ts";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];

/** The screens that a page is looked at on, by the end of the picture's name. */
export const SCREENS: Record<string, Screen> = {
  "": { width: 1000, height: 1600, dark: false },
  ".dark": { width: 1000, height: 1600, dark: true },
  ".narrow": { width: 390, height: 844, dark: false },
};

/** The findings on a page. */
export interface Drawn {
  /** Figures in the page, and those that were drawn. */
  figures: number;
  drawn: number;
  /** Errors of scripts and files that did not load. */
  errors: string[];
  /** Width of what has to be scrolled to, in pixels, beyond the screen's. */
  overhang: number;
  /** Height of the page in pixels. */
  height: number;
  /** Words of figures that are cut off at the figure's edge. */
  cut: string[];
}

/** In the page: the words of drawn figures that reach over the figure's edge. */
const CUT =
  `[...document.querySelectorAll("[data-drawn]")].flatMap((figure) => {
  const edge = figure.getBoundingClientRect();
  return [...figure.querySelectorAll("text")].filter((words) => {
    const { left, right, width } = words.getBoundingClientRect();
    return width > 0 && (left < edge.left - 1 || right > edge.right + 1);
  }).map((words) => words.textContent.trim());
})`;

/** Returns the browser's command, or null where there is no browser. */
export function findBrowser(): string | null {
  const named = Deno.env.get("CHROMIUM");
  for (const name of named ? [named] : NAMES) {
    try {
      const command = new Deno.Command(name, {
        args: ["--version"],
        stdout: "null",
        stderr: "null",
      });
      if (command.outputSync().success) return name;
    } catch {
      // Not installed.
    }
  }
  return null;
}

/** Opens an exported page on a screen and counts its figures. */
export async function drawnIn(
  browser: BrowserPage,
  page: string,
  screen = SCREENS[""],
): Promise<Drawn> {
  await browser.use(screen);
  const { href } = pathToFileURL(resolve(page));
  // A page without figures is ready at once.
  await browser.goTo(
    href,
    `document.readyState === "complete" && ` +
      `!!(document.body.dataset.ready || !document.querySelector("[data-figure]"))`,
  );
  const found = await browser.evaluate(`({
    figures: document.querySelectorAll("[data-figure]").length,
    drawn: document.querySelectorAll('[data-drawn="yes"]').length,
    overhang: document.documentElement.scrollWidth - innerWidth,
    height: document.documentElement.scrollHeight,
    cut: ${CUT},
  })`);
  return { ...found as Drawn, errors: browser.errors };
}

/** Returns the places of the figures on the open page, drawings included. */
async function figurePlaces(browser: BrowserPage): Promise<Place[]> {
  return await browser.evaluate(`[...document.querySelectorAll(".figure")]
    .map((figure) => figure.getBoundingClientRect())
    .map(({ x, y, width, height }) => ({ x, y: y + scrollY, width, height }))
  `) as Place[];
}

/**
 * Opens a page on every screen and leaves a picture of each of its figures in the folder
 * of the page's name: 01.png, 01.dark.png, 01.narrow.png. Returns what each screen showed.
 */
export async function lookAt(
  browser: BrowserPage,
  page: string,
): Promise<(Drawn & { pictures: string[] })[]> {
  const folder = resolve(page).replace(/\.html$/, "");
  await Deno.mkdir(folder, { recursive: true });
  const looks = [];
  for (const [end, screen] of Object.entries(SCREENS)) {
    const drawn = await drawnIn(browser, page, screen);
    const pictures: string[] = [];
    for (const place of await figurePlaces(browser)) {
      const number = String(pictures.length + 1).padStart(2, "0");
      pictures.push(join(folder, `${number}${end}.png`));
      await browser.picture(pictures.at(-1)!, place);
    }
    looks.push({ ...drawn, pictures });
  }
  return looks;
}
