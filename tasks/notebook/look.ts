/**
 * Looks at exported pages in a real browser: how many figures were drawn, what
 * failed, and a picture of the whole page beside it. Wants Chromium or Chrome,
 * by name or in $CHROMIUM.
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

/** What a browser made of a page. */
export interface Look {
  /** Figures in the page, and those that were drawn. */
  figures: number;
  drawn: number;
  /** Errors of scripts and files that did not load. */
  errors: string[];
  /** Path of the picture. */
  picture: string;
}

/** The browser's command, or null if there is none. */
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

/** Opens a page without a window. */
export async function lookAt(browser: string, page: string): Promise<Look> {
  const url = pathToFileURL(resolve(page)).href;
  const opened = await open(browser, ["--dump-dom", url], 1600);
  const height = Number(opened.text.match(/data-height="(\d+)"/)?.[1] ?? 0);
  const picture = resolve(page).replace(/\.html$/, ".png");
  await open(
    browser,
    [`--screenshot=${picture}`, url],
    Math.min(height || 4000, TALLEST),
  );
  return {
    figures: opened.text.split("data-figure=").length - 1,
    drawn: opened.text.split('data-drawn="yes"').length - 1,
    errors: [...opened.log.matchAll(/CONSOLE[^"]*"([^"]*)", source/g)]
      .map((found) => found[1]),
    picture,
  };
}

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
