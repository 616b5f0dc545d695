import assert from "node:assert/strict";
import { relative } from "node:path";
import {
  checkNotebooks,
  notebookModule,
  problemText,
} from "../../../tasks/notebook/checker.ts";
import {
  type Cell,
  kitRoot,
  type Notebook,
  writeNotebook,
} from "../../../tasks/notebook/notebook_file.ts";

function code(source: string): Cell {
  return { cell_type: "code", metadata: {}, source };
}

function notebookOf(...cells: Cell[]): Notebook {
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

/** Checks a notebook in a folder of the kit, where its imports resolve. */
async function check(notebook: Notebook): Promise<string[]> {
  const folder = await Deno.makeTempDir({
    dir: `${kitRoot()}/tests/show/notebook`,
  });
  const path = `${folder}/planted.ipynb`;
  try {
    await writeNotebook(path, notebook);
    const problems = await checkNotebooks([path]);
    const name = relative(kitRoot(), path);
    return problems.map((p) => problemText(p).replaceAll(name, "planted"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PROSE: Cell = { cell_type: "markdown", metadata: {}, source: "Prose." };
const IMPORT = 'import { randomStream } from "../../../../lib/random.ts";';

Deno.test("cells may import and declare a name again, and see earlier cells", async () => {
  const problems = await check(notebookOf(
    code(`${IMPORT}\nconst random = randomStream(1);\nrandom.next();`),
    PROSE,
    code(`${IMPORT}\nconst x = randomStream(2).next() + random.next();\nx;`),
    code("const x = 'again';\nx.length;".replaceAll("'", '"')),
  ));
  assert.deepEqual(problems, []);
});

Deno.test("a type error is reported with its cell and line", async () => {
  const problems = await check(notebookOf(
    code("const count = 1;\nconsole.log(count);"),
    PROSE,
    code("console.log(2);\n\nconst text: string = count;\nconsole.log(text);"),
  ));
  assert.equal(problems.length, 1);
  assert.match(problems[0], /^planted cell 2 line 3: TS2322 /);
});

Deno.test("a missing export, a syntax error, lint, length and format are reported", async () => {
  const missing = IMPORT.replace("{ randomStream }", "{ nothing }");
  const first = await check(notebookOf(code(`${missing}\nnothing();`)));
  assert.match(first[0], /^planted cell 0 line 1: TS2305 /);

  const second = await check(notebookOf(PROSE, code("1;\nconst = 3;")));
  assert.match(second[0], /^planted cell 1 line 2: /);

  const third = await check(notebookOf(code("let x = 1;\nconsole.log(x);")));
  assert.match(third[0], /^planted cell 0 line 1: lint prefer-const: /);

  const shown = await check(notebookOf(code(`1;\n${IMPORT}`)));
  assert.match(shown[0], /^planted cell 0 line 2: ends in an import/);

  const long = `// ${"long ".repeat(20)}`.trim();
  const fourth = await check(notebookOf(code(`1;\n${long}`)));
  assert.match(
    fourth.join("\n"),
    /^planted cell 0 line 2: \d+ characters; at most 80/,
  );

  const fifth = await check(notebookOf(code("1  +  1")));
  assert.deepEqual(fifth, [
    "planted cell 0 line 1: not formatted; run: deno task fmt",
  ]);
});

Deno.test("every line of the module knows where it comes from", () => {
  const notebook = notebookOf(
    code('import {\n  a,\n  type B,\n} from "./x.ts";\na();'),
    code('import c from "npm:y";\nc();'),
  );
  const { source, positions } = notebookModule(notebook, "/folder");
  assert.deepEqual(source.split("\n"), [
    'import { a } from "file:///folder/x.ts";',
    'import { type B } from "file:///folder/x.ts";',
    'import c from "npm:y";',
    "{",
    "        ",
    "    ",
    "         ",
    "                ",
    "a();",
    "{",
    "                     ".padEnd('import c from "npm:y";'.length),
    "c();",
    "}}",
    "export {};",
    "",
  ]);
  assert.deepEqual(positions[1], { cell: 0, line: 1 });
  assert.deepEqual(positions[8], { cell: 0, line: 5 });
  assert.deepEqual(positions[11], { cell: 1, line: 2 });
});
