/** Whatever a page, a study or a comment names in the repository is there. */

import assert from "node:assert/strict";
import { dirname, extname, join, relative } from "node:path";
import {
  findNotebooks,
  joined,
  kitRoot,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";

const root = kitRoot();
const FOLDERS = ["data", "lib", "notebooks", "tasks", "tests"];

/** A path from the root, with a folder of the repository in front. */
const NAMED = new RegExp(
  `(?<![\\w./-])(?:${FOLDERS.join("|")})/[\\w./-]*[\\w/]`,
  "g",
);

/** A word in capitals stands for a name of the reader's own; pages have such names too. */
const PLACE_HOLDER =
  /[/_](?!README|COURSE|GLOSSARY|SETTINGS)[A-Z]{2,}(?=[-./]|$)/;

/** Texts of one file that a reader reads, by the file's path from the root. */
type Texts = [path: string, texts: string[]];

function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* files(path);
    else yield path;
  }
}

const comments = (source: string) =>
  [
    ...source.matchAll(/\/\*\*[^]*?\*\/|^\s*\/\/.*$/gm),
  ].map(([text]) => text);

/** Returns what a reader reads of each page, study and source file. */
function readable(): Texts[] {
  const pages = ["README.md", "CONTRIBUTING.md"].map((name) =>
    join(root, name)
  );
  const all = [
    ...pages,
    ...FOLDERS.flatMap((folder) => [...files(join(root, folder))]),
  ];
  return all.flatMap((file): Texts[] => {
    const path = relative(root, file);
    const read = () => Deno.readTextFileSync(file);
    if (extname(file) === ".md") return [[path, [read()]]];
    if (extname(file) === ".ts") return [[path, comments(read())]];
    return dirname(path) === "data/studies" && extname(file) === ".json"
      ? [[path, [read()]]]
      : [];
  });
}

/** Returns the prose of each notebook. */
async function prose(): Promise<Texts[]> {
  return await Promise.all((await findNotebooks([])).map(
    async (file): Promise<Texts> => {
      const { cells } = await readNotebook(file);
      return [
        relative(root, file),
        cells.filter(({ cell_type }) => cell_type === "markdown")
          .map(({ source }) => joined(source)),
      ];
    },
  ));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("every path of the repository that a text names is there", async () => {
  const missing: string[] = [];
  let count = 0;
  for (const [path, texts] of [...readable(), ...await prose()]) {
    for (const [named] of texts.flatMap((text) => [...text.matchAll(NAMED)])) {
      if (PLACE_HOLDER.test(named)) continue;
      count++;
      if (!await exists(join(root, named))) missing.push(`${path}: ${named}`);
    }
  }
  assert.deepEqual(missing, []);
  assert.ok(count > 150, `only ${count} paths were read`);
});

/** The anchors of a page's headings, written as GitHub does. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  );
}

/** Says whether a link leads to a file, and to a heading where it names one. */
async function leads(from: string, link: string): Promise<boolean> {
  const [path, anchor] = link.split("#");
  const file = path === ""
    ? join(root, from)
    : join(root, dirname(from), decodeURI(path));
  if (!await exists(file)) return false;
  if (anchor === undefined || extname(file) !== ".md") return true;
  return anchors(await Deno.readTextFile(file)).includes(anchor);
}

Deno.test("every link of a page or a notebook leads to a file and its heading", async () => {
  const pages = readable().filter(([path]) => extname(path) === ".md");
  const dead: string[] = [];
  let count = 0;
  for (const [path, texts] of [...pages, ...await prose()]) {
    const links = texts.flatMap((text) => [
      ...text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g),
    ]).map(([, link]) => link);
    count += links.length;
    for (const link of links) {
      if (!await leads(path, link)) dead.push(`${path}: ${link}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(count > 100, `only ${count} links were read`);
});
