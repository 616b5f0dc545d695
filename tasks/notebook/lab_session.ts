/**
 * Runs a notebook in JupyterLab itself, by "Run All Cells" in a real browser.
 *
 * The front end decides which cell an output belongs to. The outputs are therefore read
 * in the front end, and not by the kit's own client alone. Needs JupyterLab and Chromium.
 * Left out: drawing. Outputs are read from the model of the open notebook.
 */

import { dirname } from "node:path";
import { answering, BrowserPage, freePort } from "./browser_page.ts";
import type { Notebook } from "./notebook_file.ts";
import { writeNotebook } from "./notebook_file.ts";

const READY_MS = 120_000;
const RUN_MS = 90_000;
const TOKEN = "measured";

/** Programs to use. */
export interface LabPrograms {
  /** The `jupyter-lab` program. */
  jupyterLab: string;
  browser: string;
  /** Folder that holds `kernels/NAME/kernel.json`. */
  jupyterPath: string;
  kernelName: string;
}

/**
 * Runs all cells and returns the notebook as JupyterLab then holds it.
 * `folder` is where the notebook is written and the kernel starts.
 */
export async function runInLab(
  notebook: Notebook,
  folder: string,
  programs: LabPrograms,
): Promise<Notebook> {
  const file = `${folder}/probes.ipynb`;
  await writeNotebook(file, notebook);
  await setKernel(file, programs.kernelName);
  const port = freePort();
  const server = startLab(programs, dirname(file), port);
  const address = `http://127.0.0.1:${port}/lab/tree/probes.ipynb` +
    `?token=${TOKEN}&reset`;
  let page: BrowserPage | null = null;
  try {
    await answering(`http://127.0.0.1:${port}/api?token=${TOKEN}`);
    page = await BrowserPage.open(programs.browser, address);
    await page.until(READY, READY_MS);
    await page.evaluate(RUN_ALL, 2 * RUN_MS);
    return await page.evaluate(READ_MODEL, READY_MS) as Notebook;
  } finally {
    await page?.close();
    server.kill("SIGTERM");
    await server.status;
  }
}

/** An expression that is true once the notebook is open and its kernel waits for work. */
const READY = `
  window.jupyterapp?.shell?.currentWidget?.context?.sessionContext
    ?.session?.kernel?.status === "idle"`;

/**
 * Waits until the kernel has had no work for two seconds: the command itself ends at the
 * first cell that throws, while the cells after it still run. A kernel whose "idle" was
 * lost never rests; then the outputs that are there after a while count.
 */
const RUN_ALL = `(async () => {
  const session = window.jupyterapp.shell.currentWidget.context.sessionContext;
  const start = performance.now();
  let rested = 0;
  window.jupyterapp.commands.execute("notebook:run-all-cells");
  while (rested < 20 && performance.now() - start < ${RUN_MS}) {
    await new Promise((done) => setTimeout(done, 100));
    rested = session.session.kernel.status === "idle" ? rested + 1 : 0;
  }
})()`;

const READ_MODEL = `
  window.jupyterapp.shell.currentWidget.context.model.toJSON()`;

/** Names the kernel in the file, so that JupyterLab asks nothing. */
async function setKernel(file: string, name: string): Promise<void> {
  const notebook = JSON.parse(await Deno.readTextFile(file));
  notebook.metadata.kernelspec = { name, display_name: name };
  await Deno.writeTextFile(file, JSON.stringify(notebook));
}

function startLab(
  { jupyterLab, jupyterPath }: LabPrograms,
  folder: string,
  port: number,
): Deno.ChildProcess {
  return new Deno.Command(jupyterLab, {
    args: [
      "--no-browser",
      "--allow-root",
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.port=${port}`,
      `--ServerApp.root_dir=${folder}`,
      `--IdentityProvider.token=${TOKEN}`,
      "--LabApp.expose_app_in_browser=True",
      // The server drops what exceeds its rates; the kernel is what is measured.
      "--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=1e12",
      "--ZMQChannelsWebsocketConnection.iopub_msg_rate_limit=1e9",
    ],
    cwd: folder,
    env: { JUPYTER_PATH: jupyterPath },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}
