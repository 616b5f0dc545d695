/**
 * A Deno Jupyter kernel as a child process, and the messages exchanged with it.
 *
 * `Kernel.start` launches `deno jupyter --kernel`. `execute` runs one cell and returns
 * every message that the cell published. A kernel outlives a client that dies, so that
 * every live kernel is killed when this process is told to stop.
 *
 * Left out: the stdin and heartbeat channels, and comms (the kernel has none).
 */

import { createHmac, randomUUID } from "node:crypto";
import { type Connection, newConnection } from "./kernel_connection.ts";
import { forgetKernel, guardKernel } from "./live_kernels.ts";
import { ZmtpSocket } from "./zmtp.ts";

const DELIMITER = "<IDS|MSG>";
const START_ATTEMPTS = 3;
const START_TIMEOUT_MS = 120_000;
/** Milliseconds for which late output is awaited after the sentinel was sent. */
const DRAIN_TIMEOUT_MS = 20_000;
const STDERR_TAIL_CHARS = 4000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A message of the Jupyter protocol, as far as this client reads it. */
export interface Message {
  type: string;
  /** Id of the request that caused it, or "". */
  parentId: string;
  content: Record<string, unknown>;
}

/** The end of a cell's execution. */
export type ExecutionStatus = "ok" | "error" | "timeout" | "dead";

/** The result of a cell's execution. */
export interface Execution {
  status: ExecutionStatus;
  /** Everything published, in the order of arrival. */
  messages: Message[];
  /** Content of the `execute_reply`; null if there was none. */
  reply: Record<string, unknown> | null;
}

/** The options of a kernel. */
export interface KernelOptions {
  /** The notebook's folder: relative imports and deno.json are found from here. */
  folder: string;
  /** Path of the Deno to start; default: the running one. */
  deno?: string;
  env?: Record<string, string>;
}

/** A running kernel. Call `stop` when done. */
export class Kernel {
  readonly #session = randomUUID();
  readonly #waiting = new Map<string, (message: Message) => void>();
  #onPublished: (message: Message) => void = () => {};
  #stderrTail = "";
  #exited = false;

  private constructor(
    private readonly process: Deno.ChildProcess,
    private readonly key: string,
    private readonly connectionFolder: string,
  ) {
    guardKernel(this);
    process.status.then(() => this.#exited = true);
    this.#collectStderr();
  }

  private shell!: ZmtpSocket;
  private control!: ZmtpSocket;
  private published!: ZmtpSocket;

  /** Starts a kernel and waits until it answers. Throws with its stderr if it cannot start. */
  static async start(options: KernelOptions): Promise<Kernel> {
    for (let attempt = 1;; attempt++) {
      try {
        return await Kernel.#startOnce(options);
      } catch (error) {
        // A port picked for the kernel can be taken before it binds it.
        if (attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  static async #startOnce(options: KernelOptions): Promise<Kernel> {
    const connectionFolder = await Deno.makeTempDir({ prefix: "kernel-" });
    const file = `${connectionFolder}/connection.json`;
    const connection = newConnection();
    await Deno.writeTextFile(file, JSON.stringify(connection), { mode: 0o600 });
    const command = new Deno.Command(options.deno ?? Deno.execPath(), {
      args: ["jupyter", "--quiet", "--kernel", "--conn", file],
      cwd: options.folder,
      env: { NO_COLOR: "1", ...options.env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
    const kernel = new Kernel(
      command.spawn(),
      connection.key,
      connectionFolder,
    );
    try {
      await kernel.#connect(connection);
      return kernel;
    } catch (error) {
      await kernel.kill();
      throw new Error(
        `the Deno kernel did not start: ${(error as Error).message}\n` +
          kernel.stderrTail,
      );
    }
  }

  /** True once the process has ended. */
  get dead(): boolean {
    return this.#exited;
  }

  /** Process id, for tests and reports. */
  get pid(): number {
    return this.process.pid;
  }

  /** The end of what the kernel process wrote to stderr. */
  get stderrTail(): string {
    return this.#stderrTail.trim();
  }

  /**
   * Runs `code` as one cell. Without `timeoutMs` it may run for ever. A cell
   * that times out is still running: `kill` the kernel.
   */
  async execute(code: string, timeoutMs?: number): Promise<Execution> {
    const messages: Message[] = [];
    const finished = this.#runAndDrain(code, messages);
    finished.catch(() => {}); // loses the race when the kernel dies
    let timer: ReturnType<typeof setTimeout> | undefined;
    const interrupted = new Promise<"timeout" | "dead">((resolve) => {
      this.process.status.then(() => resolve("dead"));
      if (timeoutMs) timer = setTimeout(() => resolve("timeout"), timeoutMs);
    });
    const ended = await Promise.race([finished, interrupted]);
    clearTimeout(timer);
    this.#onPublished = () => {};
    if (typeof ended === "string") {
      return { status: ended, messages, reply: null };
    }
    const status = ended.content.status === "ok" ? "ok" : "error";
    return { status, messages, reply: ended.content };
  }

  /** Interrupts the running cell, as the ■ button of a front end does. */
  interrupt(): void {
    this.process.kill("SIGINT");
  }

  /** Asks the kernel to end, and ends it if it does not. */
  async stop(): Promise<void> {
    if (!this.#exited) {
      const request = this.#request(this.control, "shutdown_request", {
        restart: false,
      }).catch(() => {});
      await within(1000, request, this.process.status);
      await within(1000, this.process.status);
    }
    await this.kill();
  }

  /** Ends the kernel at once and frees what belongs to it. */
  async kill(): Promise<void> {
    this.killNow();
    await this.process.status;
    for (const socket of [this.shell, this.control, this.published]) {
      socket?.close();
    }
    forgetKernel(this);
    await Deno.remove(this.connectionFolder, { recursive: true })
      .catch(() => {});
  }

  /** Sends the killing signal and returns: all that a signal handler has time for. */
  killNow(): void {
    try {
      if (!this.#exited) this.process.kill("SIGKILL");
    } catch {
      // It ended in between.
    }
  }

  async #connect(connection: Connection): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    const open = async (port: number, type: "SUB" | "DEALER") => {
      for (;;) {
        try {
          return await ZmtpSocket.connect(port, type);
        } catch (error) {
          if (this.#exited) throw new Error("its process ended");
          if (performance.now() > deadline) throw error;
          await pause(20);
        }
      }
    };
    this.published = await open(connection.iopub_port, "SUB");
    this.shell = await open(connection.shell_port, "DEALER");
    this.control = await open(connection.control_port, "DEALER");
    this.#deliver(this.published, (message) => this.#onPublished(message));
    const answer = (message: Message) =>
      this.#waiting.get(message.parentId)?.(message);
    this.#deliver(this.shell, answer);
    this.#deliver(this.control, answer);
    await this.#untilPublishing(deadline);
  }

  /** Asks until an answer is published: a subscription takes effect some time after it was sent. */
  async #untilPublishing(deadline: number): Promise<void> {
    let heard = false;
    this.#onPublished = () => heard = true;
    while (!heard) {
      if (this.#exited) throw new Error("its process ended");
      if (performance.now() > deadline) throw new Error("it does not answer");
      const reply = this.#request(this.shell, "kernel_info_request", {});
      reply.catch(() => {});
      await within(5000, reply, this.process.status);
      if (!heard) await pause(10);
    }
    this.#onPublished = () => {};
  }

  async #deliver(
    socket: ZmtpSocket,
    receive: (message: Message) => void,
  ): Promise<void> {
    try {
      for (;;) receive(parseMessage(await socket.receive()));
    } catch {
      // The socket was closed, here or by the end of the kernel.
    }
  }

  /**
   * Runs the cell, and then a silent second cell whose output marks the end of the first
   * cell's output: the kernel queues output, which may arrive after "idle". Prints and
   * displays travel by two queues, so that both get a mark.
   */
  async #runAndDrain(code: string, messages: Message[]): Promise<Message> {
    const mark = `end of cell ${randomUUID()}\n`;
    const marks = markWatcher(mark);
    let idle: () => void = () => {};
    const idled = new Promise<void>((resolve) => idle = resolve);
    let requestId = "";
    this.#onPublished = (message) => {
      if (message.type === "status") {
        const done = message.content.execution_state === "idle";
        if (done && message.parentId === requestId) idle();
      } else if (message.type !== "execute_input") {
        const rest = marks.filter(message);
        if (rest) messages.push(rest);
      }
    };
    const reply = this.#request(this.shell, "execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    }, (id) => requestId = id);
    const [answer] = await Promise.all([reply, idled]);
    await this.#request(this.shell, "execute_request", {
      code: `console.log(${JSON.stringify(mark.trimEnd())});` +
        `await Deno.jupyter.broadcast("end_of_cell", {});`,
      silent: true,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
    await within(DRAIN_TIMEOUT_MS, marks.seen);
    return answer;
  }

  async #request(
    socket: ZmtpSocket,
    type: string,
    content: Record<string, unknown>,
    onId: (id: string) => void = () => {},
  ): Promise<Message> {
    const id = randomUUID();
    onId(id);
    const answered = new Promise<Message>((resolve) =>
      this.#waiting.set(id, resolve)
    );
    const header = {
      msg_id: id,
      session: this.#session,
      username: "kit",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) =>
      encoder.encode(JSON.stringify(part))
    );
    const signature = createHmac("sha256", this.key);
    for (const part of parts) signature.update(part);
    await socket.send([
      encoder.encode(DELIMITER),
      encoder.encode(signature.digest("hex")),
      ...parts,
    ]);
    try {
      return await answered;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #collectStderr(): Promise<void> {
    const stream = this.process.stderr.pipeThrough(new TextDecoderStream());
    for await (const text of stream) {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_CHARS);
    }
  }
}

/** Recognises the two end marks and takes them out of the published messages. */
function markWatcher(mark: string) {
  let printed = false;
  let displayed = false;
  let resolve: () => void = () => {};
  const seen = new Promise<void>((done) => resolve = done);
  const filter = (message: Message): Message | null => {
    let rest: Message | null = message;
    const text = message.content.text;
    if (message.type === "end_of_cell") {
      displayed = true;
      rest = null;
    } else if (typeof text === "string" && text.includes(mark)) {
      printed = true;
      const other = text.replace(mark, "");
      const content = { ...message.content, text: other };
      rest = other === "" ? null : { ...message, content };
    }
    if (printed && displayed) resolve();
    return rest;
  };
  return { filter, seen };
}

function parseMessage(parts: Uint8Array[]): Message {
  const start = parts.findIndex((part) => decoder.decode(part) === DELIMITER);
  const json = (i: number) => JSON.parse(decoder.decode(parts[start + i]));
  return {
    type: json(2).msg_type,
    parentId: json(3).msg_id ?? "",
    content: json(5),
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits for the first of `events`, but no longer than `milliseconds`. */
async function within(
  milliseconds: number,
  ...events: Promise<unknown>[]
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([...events, late]);
  clearTimeout(timer);
}
