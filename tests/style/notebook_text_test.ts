/** Every notebook says at its head what it is for, and at its end what was seen. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { chapters } from "../../tasks/notebook/book.ts";
import {
  findNotebooks,
  joined,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";

const HEAD = ["You will", "You need", "It takes", "It stands"];
const END = [
  /^## What you have seen$/m,
  /^## What can go wrong$/m,
  /^## Exercises$|^## Try this$/m,
];

Deno.test("every notebook has goals, needs, time, place, a summary and exercises", async () => {
  const missing: string[] = [];
  for (const path of await findNotebooks([])) {
    if (path.endsWith("solutions.ipynb")) continue;
    const { cells } = await readNotebook(path);
    const prose = cells.filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => joined(source));
    for (const words of HEAD) {
      if (!prose[0].includes(`- **${words}** `)) {
        missing.push(`${path}: ${words}`);
      }
    }
    for (const heading of END) {
      if (!prose.some((text) => heading.test(text))) {
        missing.push(`${path}: ${heading}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

/** Notebooks that need none of the others. */
const APPENDICES = ["01_executor", "02_model"];

Deno.test("each notebook's place is the one of README's reading order", async () => {
  const book = (await chapters(await findNotebooks([])))
    .map(({ name }) => name).filter((name) => !name.endsWith("_solutions"));
  const read = book.filter((name) => !APPENDICES.includes(name));
  assert.deepEqual(book.slice(read.length), APPENDICES, "appendices come last");
  for (const path of await findNotebooks([])) {
    const name = basename(path, ".ipynb");
    if (name.endsWith("_solutions")) continue;
    const { cells } = await readNotebook(path);
    const [, stands] = /\n- \*\*It stands\*\*([^]*?)(?:\n\n|$)/
      .exec(joined(cells[0].source))!;
    const linked = [...stands.matchAll(/\]\((\w+)\.ipynb\)/g)]
      .map(([, target]) => target);
    const at = read.indexOf(name);
    const beside = at < 0
      ? []
      : [read[at - 1], read[at + 1]].filter((near) => near !== undefined);
    assert.deepEqual(linked, beside, name);
  }
});
