/** The notebooks as a book: their order and what each is about, as README's table says. */

import { basename } from "node:path";
import { joined, kitRoot, readNotebook } from "./notebook_file.ts";

/** A notebook of the book. */
export interface Chapter {
  /** File name without its end, for example `00_tour`. */
  name: string;
  /** The notebook's first heading. */
  title: string;
  /** README's words on it; empty for solutions, which README does not list. */
  says: string;
}

const ROW = /^\| \[[^\]]+\]\(notebooks\/(\w+)\.ipynb\) +\| (.+?) +\|$/gm;

/**
 * Returns the notebooks at the paths in README's reading order; those that README does not list,
 * the solutions, come last by name.
 */
export async function chapters(paths: readonly string[]): Promise<Chapter[]> {
  const readme = await Deno.readTextFile(`${kitRoot()}/README.md`);
  const rows = new Map([...readme.matchAll(ROW)].map(([, name, says]) => [
    name,
    says,
  ]));
  const order = [...rows.keys()];
  const place = (name: string) => rows.has(name) ? order.indexOf(name) : 1e3;
  const found = await Promise.all(paths.map(async (path) => {
    const name = basename(path, ".ipynb");
    const says = rows.get(name) ?? "";
    return { name, title: await titleOf(path), says };
  }));
  return found.sort((a, b) =>
    place(a.name) - place(b.name) || a.name.localeCompare(b.name)
  );
}

/** Returns the first heading of a notebook, or its name where it has none. */
async function titleOf(path: string): Promise<string> {
  const { cells } = await readNotebook(path);
  for (const { cell_type, source } of cells) {
    const heading = /^# (.+)$/m.exec(joined(source));
    if (cell_type === "markdown" && heading) return heading[1];
  }
  return basename(path, ".ipynb");
}
