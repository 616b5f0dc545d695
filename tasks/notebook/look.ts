/**
 * Looks at exported pages in a real browser: counts the figures that were drawn, lists
 * the errors, and leaves pictures of the whole page beside the page: light, dark, and as
 * narrow as a phone. Needs Chromium or Chrome, in PATH or by $CHROMIUM.
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BrowserPage, type Screen } from "./browser_page.ts";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];
const TALLEST = 16000;

/** The screens that a page is looked at on, by the end of the picture's name. */
export const SCREENS: Record<string, Screen> = {
  "": { width: 1000, height: 1600, dark: false },
  ".dark": { width: 1000, height: 1600, dark: true },
  ".narrow": { width: 420, height: 900, dark: false },
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
}

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
  })`);
  return { ...found as Drawn, errors: browser.errors };
}

/** Opens a page on every screen and leaves its pictures beside it; returns what each showed. */
export async function lookAt(
  browser: BrowserPage,
  page: string,
): Promise<(Drawn & { picture: string })[]> {
  const looks = [];
  for (const [end, screen] of Object.entries(SCREENS)) {
    const drawn = await drawnIn(browser, page, screen);
    const picture = resolve(page).replace(/\.html$/, `${end}.png`);
    const height = Math.min(drawn.height, TALLEST);
    await browser.picture(picture, screen.width, height);
    looks.push({ ...drawn, picture });
  }
  return looks;
}
