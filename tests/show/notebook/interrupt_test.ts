/**
 * The ■ button, pressed by a real Jupyter server while self-play runs.
 *
 * The server sends its signal to the kernel's whole process group, as the
 * button does, so the sandbox's processes get it too.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  joined,
  kitRoot,
  readNotebook,
} from "../../../tasks/notebook/notebook_file.ts";

const SERVER = `${kitRoot()}/.venv/bin/jupyter-server`;
const DEADLINE_MS = 240_000;
const TOKEN = "pressed";

/** A message of the Jupyter protocol, as far as it is read here. */
interface Message {
  channel: string;
  header: { msg_type: string };
  parent_header: { msg_id?: string };
  content: Record<string, unknown>;
}

/** A kernel behind a server, spoken to as a front end does. */
class ServedKernel {
  #last = 0;
  readonly #listeners = new Set<(message: Message) => void>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly address: string,
  ) {
    socket.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      for (const listen of this.#listeners) listen(message);
    };
  }

  static async start(server: string): Promise<ServedKernel> {
    const made = await fetch(`${server}/api/kernels?token=${TOKEN}`, {
      method: "POST",
      body: JSON.stringify({ name: "deno", path: "notebooks" }),
    });
    assert.equal(made.status, 201, await made.clone().text());
    const { id } = await made.json();
    const socket = new WebSocket(
      `${
        server.replace("http", "ws")
      }/api/kernels/${id}/channels?token=${TOKEN}`,
    );
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new ServedKernel(socket, `${server}/api/kernels/${id}`);
  }

  /** Runs a cell; gives its text output and how it ended. */
  execute(
    code: string,
    onMessage: (message: Message) => void = () => {},
  ): Promise<{ text: string; status: string }> {
    const id = `cell-${++this.#last}`;
    let text = "";
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`no end of ${id}; so far:\n${text}`)),
        DEADLINE_MS,
      );
      const listen = (message: Message) => {
        if (message.parent_header.msg_id !== id) return;
        onMessage(message);
        const { header, content } = message;
        if (header.msg_type === "stream") text += content.text;
        if (header.msg_type === "error") text += `${content.evalue}\n`;
        if (header.msg_type !== "execute_reply") return;
        clearTimeout(late);
        // What was printed may arrive a moment after the reply.
        setTimeout(() => {
          this.#listeners.delete(listen);
          resolve({ text, status: content.status as string });
        }, 500);
      };
      this.#listeners.add(listen);
      this.#send(id, code);
    });
  }

  #send(id: string, code: string): void {
    this.socket.send(JSON.stringify({
      channel: "shell",
      header: {
        msg_id: id,
        msg_type: "execute_request",
        session: "test",
        username: "test",
        version: "5.3",
        date: new Date().toISOString(),
      },
      parent_header: {},
      metadata: {},
      content: {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      },
    }));
  }

  /** Presses ■. */
  async interrupt(): Promise<void> {
    const pressed = await fetch(`${this.address}/interrupt?token=${TOKEN}`, {
      method: "POST",
    });
    assert.equal(pressed.status, 204);
  }

  close(): void {
    this.socket.close();
  }
}

async function startServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const server = new Deno.Command(SERVER, {
    args: [
      "--no-browser",
      "--allow-root",
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.port=${port}`,
      `--ServerApp.root_dir=${kitRoot()}`,
      `--IdentityProvider.token=${TOKEN}`,
    ],
    env: { JUPYTER_PATH: `${kitRoot()}/.jupyter`, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const address = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      await (await fetch(`${address}/api?token=${TOKEN}`)).body?.cancel();
      return { server, address };
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The notebook's own cells, with a run that is short, and kept where the test can see it. */
async function cellsFor(folder: string) {
  const path = fileURLToPath(
    new URL("../../../notebooks/07_self_play.ipynb", import.meta.url),
  );
  const { cells } = await readNotebook(path);
  const source = (id: string) =>
    joined(cells.find((cell) => cell.id === id)!.source);
  const start = source("start")
    .replace("steps: 16", "steps: 8")
    .replace(
      /const folder = .*;/,
      `const folder = ${JSON.stringify(folder)};`,
    );
  assert.notEqual(start, source("start"));
  const setUp = [source("lab"), start, source("play")];
  return { setUp, recorded: source("recorded") };
}

Deno.test({
  name: "■ finishes the step of a running cell, saves, and the cell goes on" +
    (existsSync(SERVER) ? "" : " (skipped: no Jupyter server here)"),
  ignore: !existsSync(SERVER),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "interrupt-" });
    const { setUp, recorded } = await cellsFor(folder);
    const { server, address } = await startServer();
    let kernel: ServedKernel | null = null;
    try {
      kernel = await ServedKernel.start(address);
      for (const cell of setUp) {
        const { status, text } = await kernel.execute(cell);
        assert.equal(status, "ok", text);
      }
      let pressed: Promise<void> | null = null;
      const stopped = await kernel.execute(recorded, ({ content }) => {
        const shown = content.data as Record<string, string> | undefined;
        if (pressed || !shown?.["text/plain"]?.includes(" 2/8")) return;
        pressed = kernel!.interrupt();
      });
      assert.ok(pressed, "the run never reached its second step");
      await pressed;
      assert.equal(stopped.status, "ok", stopped.text);
      const [, step] = /step: (\d+), finished: false/.exec(stopped.text) ?? [];
      assert.ok(Number(step) >= 2 && Number(step) < 8, stopped.text);
      const saved = [...Deno.readDirSync(`${folder}/whole/checkpoints`)]
        .map(({ name }) => name).sort();
      assert.equal(saved.at(-1), `step-${step.padStart(6, "0")}`);

      const alive = await kernel.execute("console.log(rows.at(-1)!.step);");
      assert.equal(alive.text, `${step}\n`);
      const resumed = await kernel.execute(recorded);
      assert.match(resumed.text, /step: 8, finished: true/);
      // The signal cost nothing: neither a rollout nor a sandbox.
      const unbroken = await kernel.execute(
        'await play("unbroken", new AbortController().signal, () => {});\n' +
          "const read = (name: string) => Deno.readTextFile(`${folder}/${name}/metrics.jsonl`);\n" +
          'console.log(await read("whole") === await read("unbroken"));',
      );
      assert.equal(unbroken.text, "true\n");
      await kernel.execute("await lab[Symbol.asyncDispose]();");
    } finally {
      kernel?.close();
      server.kill("SIGTERM");
      await server.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
});
