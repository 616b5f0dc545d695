/** One word for one thing: the glossary's terms, and words that have another one. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import {
  findNotebooks,
  joined,
  kitRoot,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";

const glossary = await Deno.readTextFile(`${kitRoot()}/notebooks/GLOSSARY.md`);

/** The text cells of every notebook, by its file's name. */
const prose = new Map(
  await Promise.all((await findNotebooks([])).map(async (path) => {
    const { cells } = await readNotebook(path);
    const texts = cells.filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => joined(source));
    return [basename(path), texts] as const;
  })),
);

/** Words that stand for a thing of the glossary, and the one that is used. */
const BANNED: [RegExp, string, RegExp?][] = [
  [/\brollouts?\b/i, "attempt"],
  [/\bcompletions?\b|\brepl(y|ies)\b|\btrajector(y|ies)\b/i, "response"],
  [/\b(pass|success) rates?\b|\bshare right\b/i, "solve rate"],
  [/\btask types?\b/i, "mode"],
  [/\bforced (thinking|thoughts?)\b|\bforced to think\b/i, "made to think"],
  // In notebooks 11 and 13 language models think in words, not in traces.
  [/\b(opening|forcing) a thought\b|\bthoughts hold\b/i, "trace"],
  // Benchmarks call their items problems.
  [/\bproblems?\b/i, "task", /^1[13]_/],
  [/\bground truth\b/i, "gold answer"],
  [/\bkinds? of responses\b|\bof its kind\b/i, "group"],
];

/** `p` in a formula that is no program: a probability or a rate. */
const OTHER_P =
  /\\log p\b|p_(\\theta|\\tau|\\text|\{)|p ?\(1 ?- ?p\)|1 ?- ?p\b|p\^|\bp ?\\mid/;

/** Text without code. */
const words = (text: string) =>
  text.replaceAll(/```[^]*?```/g, "").replaceAll(/`[^`]*`/g, "");

Deno.test("each term of the glossary is used where its link leads", () => {
  const entries = glossary.split(/^- (?=\*\*)/m).slice(1);
  assert.ok(entries.length > 50, `${entries.length} entries`);
  for (const entry of entries) {
    const links = [...entry.matchAll(/\[\d\d\]\((\w+\.ipynb)\)/g)];
    assert.equal(links.length, 1, entry);
    const text = prose.get(links[0][1])?.join("\n").toLowerCase();
    assert.ok(text, `${links[0][1]} does not exist`);
    for (const [, term] of entry.matchAll(/\*\*([^*]+)\*\*/g)) {
      const stem = term.toLowerCase();
      assert.ok(text.includes(stem), `${links[0][1]}: no "${term}"`);
    }
  }
});

Deno.test("the notebooks have one word for one thing", async () => {
  const readme = await Deno.readTextFile(`${kitRoot()}/README.md`);
  const found: string[] = [];
  for (const [name, texts] of [...prose, ["README.md", [readme]] as const]) {
    for (const [pattern, instead, but] of BANNED) {
      for (const text of but?.test(name) ? [] : texts) {
        const hit = pattern.exec(words(text))?.[0];
        if (hit) found.push(`${name}: "${hit}", say "${instead}"`);
      }
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("p is a program in every formula", () => {
  const found: string[] = [];
  for (const [name, texts] of prose) {
    for (const [formula] of words(texts.join("\n")).matchAll(/\$[^$]+\$/g)) {
      if (OTHER_P.test(formula)) found.push(`${name}: ${formula}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("the head of every notebook leads to the glossary", () => {
  for (const [name, [head]] of prose) {
    if (name.endsWith("_solutions.ipynb")) continue;
    assert.ok(head.includes("](GLOSSARY.md)"), name);
  }
});
