/**
 * Looks at exported pages in a real browser: counts the figures that were drawn, lists
 * the errors, and writes a picture of the whole page beside the page. Needs Chromium or
 * Chrome, in PATH or by $CHROMIUM.
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];
const WIDTH = 1000;
const TALLEST = 16000;

/** The findings on a page. */
export interface Drawn {
  /** Figures in the page, and those that were drawn. */
  figures: number;
  drawn: number;
  /** Errors of scripts and files that did not load. */
  errors: string[];
  /** Height of the page in pixels. */
  height: number;
}

/** What a browser made of a page, and the path of a picture of it. */
export interface Look extends Drawn {
  picture: string;
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

/** Opens a page without a window and counts its figures. */
export async function drawnIn(browser: string, page: string): Promise<Drawn> {
  const { text, log } = await open(browser, ["--dump-dom", urlOf(page)], 1600);
  return {
    figures: text.split("data-figure=").length - 1,
    drawn: text.split('data-drawn="yes"').length - 1,
    errors: [...log.matchAll(/CONSOLE[^"]*"([^"]*)", source/g)]
      .map((found) => found[1]),
    height: Number(text.match(/data-height="(\d+)"/)?.[1] ?? 4000),
  };
}

/** Opens a page without a window, counts its figures and leaves a picture beside it. */
export async function lookAt(browser: string, page: string): Promise<Look> {
  const drawn = await drawnIn(browser, page);
  const picture = resolve(page).replace(/\.html$/, ".png");
  const height = Math.min(drawn.height, TALLEST);
  await open(browser, [`--screenshot=${picture}`, urlOf(page)], height);
  return { ...drawn, picture };
}

const urlOf = (page: string) => pathToFileURL(resolve(page)).href;

async function open(
  browser: string,
  args: string[],
  height: number,
): Promise<{ text: string; log: string }> {
  const profile = await Deno.makeTempDir({ prefix: "browser-" });
  try {
    const { stdout, stderr } = await new Deno.Command(browser, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        `--user-data-dir=${profile}`,
        `--window-size=${WIDTH},${height}`,
        "--virtual-time-budget=15000",
        "--enable-logging=stderr",
        ...args,
      ],
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    return { text: decoder.decode(stdout), log: decoder.decode(stderr) };
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}
