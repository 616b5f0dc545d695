import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { runInLab } from "../../../tasks/notebook/lab_session.ts";
import { findBrowser } from "../../../tasks/notebook/look.ts";
import {
  joined,
  kitRoot,
  type Notebook,
  type Output,
} from "../../../tasks/notebook/notebook_file.ts";

const LAB = `${kitRoot()}/.venv/bin/jupyter-lab`;
const browser = findBrowser();
const missing = [
  existsSync(LAB) ? "" : "JupyterLab",
  browser ? "" : "Chromium",
].filter((name) => name !== "").join(" and ");

function notebookOf(...sources: string[]): Notebook {
  const cells = sources.map((source) => ({
    cell_type: "code" as const,
    metadata: {},
    source,
  }));
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

/** Each output as its text; what is printed comes in one piece or in several. */
function texts(outputs: Output[] = []): string[] {
  return outputs.map((output) => {
    if (output.output_type === "stream") return joined(output.text);
    if (output.output_type === "error") return output.evalue;
    return joined(output.data["text/plain"]);
  });
}

Deno.test({
  name: "JupyterLab shows every line and display in its own cell, in order" +
    (missing ? ` (skipped: no ${missing} here)` : ""),
  ignore: missing !== "",
  fn: async () => {
    // The library finds its packages by the kit's deno.json, as a notebook of the kit does.
    const runs = `${kitRoot()}/runs`;
    await Deno.mkdir(runs, { recursive: true });
    const folder = await Deno.makeTempDir({ dir: runs, prefix: "lab-" });
    const library = new URL("../../../lib/show/mod.ts", import.meta.url).href;
    try {
      const notebook = notebookOf(
        `const { progress } = await import(${JSON.stringify(library)});`,
        "for (let i = 0; i < 1000; i++) console.log(i);",
        "console.log('above'); await progress(1, 'shown'); " +
          "console.log('below'); 42",
        "console.log('last words'); throw new Error('planned');",
      );
      const { cells } = await runInLab(notebook, folder, {
        jupyterLab: LAB,
        browser: browser!,
        jupyterPath: "",
        kernelName: "deno",
      });
      const [, burst, mixed, error] = cells.map(({ outputs }) => outputs);
      const lines = Array.from({ length: 1000 }, (_, i) => `${i}\n`);
      assert.equal(texts(burst).join(""), lines.join(""));
      // deno-lint-ignore no-control-regex -- colour codes begin with the escape character
      const plain = texts(mixed).map((text) => text.replace(/\x1b\[\d+m/g, ""));
      assert.deepEqual(plain, ["above\n", "shown 0/1", "below\n", "42"]);
      assert.deepEqual(texts(error), ["last words\n", "planned"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
