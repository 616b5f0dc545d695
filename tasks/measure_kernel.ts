/**
 * Measures which Deno kernel shows complete output in the right cell.
 *
 *   deno run -A tasks/measure_kernel.ts --deno PATH [--deno PATH …]
 *       [--venv .venv] [--repeats 25] [--out data/kernel/output_placement.json]
 *
 * Every kind of cell below is repeated in one notebook, which is run by the
 * kit's runner and, with `--venv` naming a virtual environment that has them, by
 * nbclient and by JupyterLab in Chromium. A cell counts if its stored output is
 * exactly what it put out, in that order. Other versions of Deno can be had with
 * `npm i deno@2.9.6`.
 */

import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runInLab } from "./notebook/lab_session.ts";
import { findBrowser } from "./notebook/look.ts";
import {
  joined,
  type Notebook,
  type Output,
  RAISES_EXCEPTION,
  readNotebook,
  writeNotebook,
} from "./notebook/notebook_file.ts";
import { runNotebook } from "./notebook/runner.ts";

/** A kind of cell: its code and all that it must leave behind, in order. */
interface Probe {
  code: string;
  expected: string[];
}

const display = (text: string) =>
  `await Deno.jupyter.display({ "text/plain": ${text} }, { raw: true });`;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const printed = (count: number) =>
  numbers(count).map((i) => `line ${i}\n`).join("");

const PROBES: Record<string, Probe> = {
  "10 prints": {
    code: "for (let i = 0; i < 10; i++) console.log(`line ${i}`);",
    expected: [printed(10)],
  },
  "10 prints, a pause, a result": {
    code: "for (let i = 0; i < 10; i++) console.log(`line ${i}`);\n" +
      "await new Promise((done) => setTimeout(done, 10));\n42",
    expected: [printed(10), "42"],
  },
  "1000 prints": {
    code: "for (let i = 0; i < 1000; i++) console.log(`line ${i}`);",
    expected: [printed(1000)],
  },
  "5 displays": {
    code: `for (let i = 0; i < 5; i++) ${display("`shown ${i}`")}`,
    expected: numbers(5).map((i) => `shown ${i}`),
  },
  "prints and displays in turn": {
    code: "for (let i = 0; i < 5; i++) { console.log(`line ${i}`); " +
      `${display("`shown ${i}`")} }`,
    expected: numbers(5).flatMap((i) => [`line ${i}\n`, `shown ${i}`]),
  },
  "10 prints, then an error": {
    code: "for (let i = 0; i < 10; i++) console.log(`line ${i}`);\n" +
      'throw new Error("planned");',
    expected: [printed(10), "planned"],
  },
  "a display of 1 MB": {
    code: display('"x".repeat(1_000_000)'),
    expected: ["x".repeat(1_000_000)],
  },
};

/**
 * Returns all probes, `repeats` times over, one cell each. `setUp` is run before them,
 * in a cell that is not measured.
 */
function probeNotebook(setUp: string, repeats: number): Notebook {
  const cells = Array.from({ length: repeats }, () => Object.entries(PROBES))
    .flat()
    .map(([name, { code, expected }], i) => ({
      cell_type: "code" as const,
      id: `probe-${i}`,
      metadata: {
        probe: name,
        tags: expected.includes("planned") ? [RAISES_EXCEPTION] : [],
      },
      source: code,
      outputs: [],
      execution_count: null,
    }));
  const first = { ...cells[0], id: "set-up", metadata: {}, source: setUp };
  return {
    cells: [first, ...cells],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** Returns every output as one text; prints that follow each other are one. */
function outputTexts(outputs: readonly Output[]): string[] {
  const texts: string[] = [];
  let lastWasPrint = false;
  for (const output of outputs) {
    const isPrint = output.output_type === "stream";
    const text = isPrint
      ? joined(output.text)
      : output.output_type === "error"
      ? output.evalue
      : joined(output.data["text/plain"]);
    if (isPrint && lastWasPrint) texts[texts.length - 1] += text;
    else texts.push(text);
    lastWasPrint = isPrint;
  }
  return texts;
}

/** Per probe, how many of its cells have exactly the expected output. */
function complete(notebook: Notebook): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const cell of notebook.cells) {
    const name = String(cell.metadata.probe ?? "");
    if (!name) continue;
    const found = JSON.stringify(outputTexts(cell.outputs ?? []));
    const right = found === JSON.stringify(PROBES[name].expected);
    counts[name] = (counts[name] ?? 0) + (right ? 1 : 0);
  }
  return counts;
}

const NBCLIENT = `
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, kernel_name="measured", timeout=120).execute()
nbformat.write(notebook, sys.argv[1])
`;

/** Runs `task` in a temporary folder that also holds a kernelspec for `deno`. */
async function withKernelspec(
  deno: string,
  task: (folder: string) => Promise<Notebook>,
): Promise<Notebook> {
  const folder = await Deno.makeTempDir({ prefix: "measure-" });
  try {
    const spec = `${folder}/kernels/measured`;
    await Deno.mkdir(spec, { recursive: true });
    const connection = "{connection_file}";
    const kernel = {
      argv: [deno, "jupyter", "--quiet", "--kernel", "--conn", connection],
      display_name: "measured",
      language: "typescript",
    };
    await Deno.writeTextFile(`${spec}/kernel.json`, JSON.stringify(kernel));
    return await task(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runWithNbclient(
  notebook: Notebook,
  folder: string,
  venv: string,
): Promise<Notebook> {
  const file = `${folder}/probes.ipynb`;
  await writeNotebook(file, notebook);
  const { success, stderr } = await new Deno.Command(`${venv}/bin/python`, {
    args: ["-c", NBCLIENT, file],
    env: { JUPYTER_PATH: folder, NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return await readNotebook(file);
}

async function denoVersion(deno: string): Promise<string> {
  const { stdout } = await new Deno.Command(deno, { args: ["--version"] })
    .output();
  return new TextDecoder().decode(stdout).split(" ")[1];
}

/** What a notebook does before its first cell of interest. */
const SET_UPS = {
  "plain kernel": "",
  "with lib/show/notebook": `await import(${
    JSON.stringify(kitUrl("lib/show/mod.ts"))
  });`,
};

function kitUrl(path: string): string {
  return new URL(`../${path}`, import.meta.url).href;
}

interface Row {
  deno: string;
  setUp: string;
  client: string;
  complete: Record<string, number>;
  /** Why the runner stopped before the last cell, if it did. */
  stopped?: string;
}

/** One version of Deno, with and without the kit's console, by each client. */
async function measure(
  deno: string,
  venv: string | undefined,
  repeats: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  const version = await denoVersion(deno);
  const browser = findBrowser();
  for (const [setUp, code] of Object.entries(SET_UPS)) {
    const add = (client: string, notebook: Notebook, stopped?: string) => {
      const counts = complete(notebook);
      rows.push({ deno: version, setUp, client, complete: counts, stopped });
      console.log(JSON.stringify(rows.at(-1)));
    };
    const notebook = probeNotebook(code, repeats);
    const options = { folder: Deno.cwd(), timeoutMs: 120_000, deno };
    const { failure } = await runNotebook(notebook, options);
    add("runner", notebook, failure?.message);
    if (!venv) continue;
    const probes = () => probeNotebook(code, repeats);
    add(
      "nbclient",
      await withKernelspec(
        deno,
        (folder) => runWithNbclient(probes(), folder, venv),
      ),
    );
    if (!browser) continue;
    const jupyterLab = `${venv}/bin/jupyter-lab`;
    add(
      "JupyterLab",
      await withKernelspec(deno, (folder) =>
        runInLab(probes(), folder, {
          jupyterLab,
          browser,
          jupyterPath: folder,
          kernelName: "measured",
        })),
    );
  }
  return rows;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      deno: { type: "string", multiple: true, default: [Deno.execPath()] },
      venv: { type: "string" },
      repeats: { type: "string", default: "25" },
      out: { type: "string", default: "data/kernel/output_placement.json" },
    },
  });
  const repeats = Number(values.repeats);
  const venv = values.venv && resolve(values.venv);
  const rows: Row[] = [];
  for (const deno of values.deno) {
    rows.push(...await measure(deno, venv, repeats));
  }
  const command = "deno run -A tasks/measure_kernel.ts --repeats " + repeats +
    " --venv VENV --deno DENO for each version";
  await Deno.mkdir(dirname(values.out), { recursive: true });
  const result = { command, cellsPerProbe: repeats, rows };
  await Deno.writeTextFile(values.out, JSON.stringify(result, null, 1) + "\n");
}
