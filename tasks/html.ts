/**
 * Writes the notebooks as a site that works offline, figures included.
 *
 *   deno task html [names] [--out out/pages] [--look]
 *
 * With `--look` the pages are opened in Chromium: every figure must be drawn and
 * nothing may fail. A folder beside each page gets a picture of each figure: light,
 * dark, and narrow.
 */

import { BrowserPage } from "./notebook/browser_page.ts";
import { exportNotebooks } from "./notebook/export_html.ts";
import { findBrowser, lookAt } from "./notebook/look.ts";
import { findNotebooks } from "./notebook/notebook_file.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task html [NAMES] [--out FOLDER] [--look]\n",
  "writes the notebooks as a site that works offline; begin at index.html",
  "  --out FOLDER       where the pages go (default: out/pages)",
  "  --look             open each page in Chromium, check its figures, and leave",
  "                     a picture of each beside it: light, dark and narrow",
].join("\n");

/** Looks at the pages; says what is wrong and whether all is well. */
async function look(pages: string[]): Promise<boolean> {
  const browser = findBrowser();
  if (!browser) {
    console.error("no Chromium here: install one, or name it in $CHROMIUM");
    return false;
  }
  let allWell = true;
  const open = await BrowserPage.open(browser);
  try {
    for (const page of pages) {
      for (const look of await lookAt(open, page)) {
        const { figures, drawn, errors, pictures, cut } = look;
        console.log(`${page}: ${drawn} of ${figures} figures drawn`);
        for (const words of cut) console.error(`    cut off: ${words}`);
        for (const picture of pictures) console.log(`    ${picture}`);
        for (const error of errors) console.error(`    ${error}`);
        allWell &&= drawn === figures && errors.length === 0;
      }
    }
  } finally {
    await open.close();
  }
  return allWell;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, words } = readWords(args, {
    out: { type: "string", default: "out/pages" },
    look: { type: "boolean", default: false },
  }, Infinity);
  const pages = await exportNotebooks(await findNotebooks(words), values.out);
  console.log(`${pages.length} pages; begin at ${values.out}/index.html`);
  return !values.look || await look(pages) ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
