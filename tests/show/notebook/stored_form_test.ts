/** Notebooks are stored as JupyterLab saves them. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  findNotebooks,
  kitRoot,
  notebookText,
  readNotebook,
  sortedJson,
} from "../../../tasks/notebook/notebook_file.ts";
import { venvPython } from "../../../tasks/setup/jupyter.ts";

const noLab = !existsSync(venvPython);
const skipped = noLab ? " (skipped: no JupyterLab here)" : "";

async function python(code: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(venvPython, {
    args: ["-c", code, ...args],
    cwd: kitRoot(),
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

Deno.test("numbers, order and indentation are those of Python's writer", () => {
  assert.equal(
    sortedJson({ b: [1e-5, 0.0001, -1.5e-7, 1e21, 0], a: {}, c: ["ü\u2028"] }),
    '{\n "a": {},\n "b": [\n  1e-05,\n  0.0001,\n  -1.5e-07,\n  1e+21,\n  0\n ],\n' +
      ' "c": [\n  "ü\u2028"\n ]\n}',
  );
});

Deno.test("every notebook is stored in one form", async () => {
  for (const path of await findNotebooks([])) {
    const text = notebookText(await readNotebook(path));
    assert.ok(await Deno.readTextFile(path) === text, `${path}: another form`);
  }
});

Deno.test({
  name: "Jupyter's own reader and writer give the bytes of every notebook" +
    skipped,
  ignore: noLab,
  fn: async () => {
    const changed = await python(
      `import nbformat, sys
for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    if nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\\n" != open(path, encoding="utf-8").read():
        print(path)`,
      ...await findNotebooks([]),
    );
    assert.equal(changed, "");
  },
});
