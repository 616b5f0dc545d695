/**
 * Runs a notebook in JupyterLab itself, by "Run All Cells" in a real browser.
 *
 * The front end decides which cell an output belongs to. The outputs are therefore read
 * in the front end, and not by the kit's own client alone. Needs JupyterLab and Chromium.
 * Left out: drawing. Outputs are read from the model of the open notebook.
 */

import { dirname } from "node:path";
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
  const profile = await Deno.makeTempDir({ prefix: "browser-" });
  const address = `http://127.0.0.1:${port}/lab/tree/probes.ipynb` +
    `?token=${TOKEN}&reset`;
  let page: Page | null = null;
  try {
    await answering(`http://127.0.0.1:${port}/api?token=${TOKEN}`);
    page = await Page.open(programs.browser, profile, address);
    await page.until(READY, READY_MS);
    await page.evaluate(RUN_ALL, 2 * RUN_MS);
    return await page.evaluate(READ_MODEL, READY_MS) as Notebook;
  } finally {
    await page?.close();
    server.kill("SIGTERM");
    await server.status;
    await Deno.remove(profile, { recursive: true });
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

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function answering(address: string): Promise<Response> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      return await fetch(address);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(100);
    }
  }
}

/** An answer of the debugging protocol, as far as it is read here. */
interface Answer {
  id?: number;
  error?: { message: string };
  result?: {
    result: { value?: unknown };
    exceptionDetails?: { text: string; exception?: { description?: string } };
  };
}

/** A page of a headless browser, driven by its debugging protocol. */
class Page {
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(
    private readonly process: Deno.ChildProcess,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => {
      const answer: Answer = JSON.parse(data);
      if (answer.id) this.#waiting.get(answer.id)?.(answer);
    };
  }

  static async open(
    browser: string,
    profile: string,
    address: string,
  ): Promise<Page> {
    const port = freePort();
    const process = new Deno.Command(browser, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        `--remote-debugging-port=${port}`,
        `--user-data-dir=${profile}`,
        "--window-size=1200,1600",
        address,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const list = await answering(`http://127.0.0.1:${port}/json/list`);
    const targets: { type: string; webSocketDebuggerUrl: string }[] = await list
      .json();
    const target = targets.find(({ type }) => type === "page");
    if (!target) throw new Error("the browser opened no page");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Page(process, socket);
  }

  /** Returns the value of an expression, awaited if it is a promise. */
  async evaluate(expression: string, timeoutMs: number): Promise<unknown> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#waiting.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
    this.socket.send(JSON.stringify({
      id,
      method: "Runtime.evaluate",
      params: { expression, awaitPromise: true, returnByValue: true },
    }));
    const { error, result } = await answered;
    const failure = error?.message ??
      result?.exceptionDetails?.exception?.description ??
      result?.exceptionDetails?.text;
    if (failure) throw new Error(failure);
    return result?.result.value;
  }

  /** Waits until an expression is true. */
  async until(expression: string, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (await this.evaluate(expression, timeoutMs) !== true) {
      if (performance.now() > deadline) {
        throw new Error(`not true within ${timeoutMs} ms: ${expression}`);
      }
      await pause(200);
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    this.process.kill("SIGTERM");
    await this.process.status;
  }
}
