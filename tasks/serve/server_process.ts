/** The server of `deno task serve` as a process of its own, which a test can kill and start again. */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../python_server.ts";

const PROGRAM = join(import.meta.dirname!, "..", "serve.ts");
const START_SECONDS = 120;

/** Where a server keeps its journal, and the words of its command line besides. */
export interface ServerPlace {
  /** Of the journal, the token and the log. */
  folder: string;
  options?: readonly string[];
}

/** A server that can be killed and started again under the same address. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly #port = freePort();
  readonly #options: readonly string[];
  #child: Deno.ChildProcess | null = null;

  private constructor({ folder, options = [] }: ServerPlace) {
    this.url = `http://127.0.0.1:${this.#port}`;
    this.folder = folder;
    this.#options = options;
  }

  /** Starts a server and waits until it is well. Throws where it is not within two minutes. */
  static async start(place: ServerPlace): Promise<ServerProcess> {
    const server = new ServerProcess(place);
    await server.startAgain();
    return server;
  }

  get token(): string {
    return Deno.readTextFileSync(join(this.folder, "token")).trim();
  }

  get journal(): string {
    return join(this.folder, "journal.jsonl");
  }

  /** Starts the server, which must not run, on the journal that it left. */
  async startAgain(): Promise<void> {
    const args = ["--state", this.folder, "--port", `${this.#port}`];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", PROGRAM, ...args, ...this.#options],
      ...{ stdin: "null", stdout: "null", stderr: "inherit" },
    }).spawn();
    const ended = this.#child.status.then(() => true);
    for (let tries = 0; tries < 10 * START_SECONDS; tries++) {
      if (await isWell(this.url)) return;
      if (await Promise.race([ended, setTimeout(100, false)])) {
        throw new Error(`the server on ${this.folder} ended at its start`);
      }
    }
    throw new Error(`${this.url} did not answer within ${START_SECONDS} s`);
  }

  /** Kills the server at once, as a lost machine would end, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child!.kill("SIGKILL");
    await this.#child!.status;
  }

  /** Returns the ids of the sandbox's processes. */
  sandboxes(): Promise<number[]> {
    return childrenOf(this.#child!.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child!.kill("SIGTERM");
    } catch { /* It has ended already. */ }
    await this.#child!.status;
  }
}

/** Runs something with a server in a folder that is removed afterwards. */
export async function withServer<Value>(
  options: readonly string[],
  run: (server: ServerProcess) => Promise<Value>,
): Promise<Value> {
  const folder = await Deno.makeTempDir({ prefix: "served-" });
  try {
    await using server = await ServerProcess.start({ folder, options });
    return await run(server);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function isWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await new Deno.Command("pgrep", {
    args: ["-P", `${pid}`],
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean)
    .map(Number);
}
