/** The README is short, and its first commands are the two that must always work. */

import assert from "node:assert/strict";
import { kitRoot } from "../../tasks/notebook/notebook_file.ts";

const LONGEST = 900;

Deno.test("README has at most 900 words and names every notebook", async () => {
  const text = await Deno.readTextFile(`${kitRoot()}/README.md`);
  // Bars and arrows of tables and drawings are no words.
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  console.log(`README: ${words.length} of ${LONGEST} words`);
  assert.ok(words.length <= LONGEST, `${words.length} words`);
  for await (const { name } of Deno.readDir(`${kitRoot()}/notebooks`)) {
    if (!name.endsWith(".ipynb") || name.endsWith("solutions.ipynb")) continue;
    assert.ok(text.includes(`(notebooks/${name})`), `${name} is not listed`);
  }
});
