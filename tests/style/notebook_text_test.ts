/** Every notebook says at its head what it is for, and at its end what was seen. */

import assert from "node:assert/strict";
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
