/**
 * One child process, seen from the parent: starting it, sending jobs, reading
 * replies, killing it.
 *
 * The child is Deno itself with no permission, no environment, no network, no
 * package resolution and a private cache folder. What a program could do if it
 * escaped the engine is then to lie about the jobs of this one child.
 */

import { fileURLToPath } from "node:url";

import {
  FrameBuffer,
  frameBytes,
  frameJson,
  type Reply,
  type Request,
  type WireJob,
} from "./frame.ts";
import type { EngineRecipe } from "../language_engine.ts";
import type { Limits } from "../outcome.ts";

/** Address space for data: stops a runaway engine before it starves the machine. */
const DATA_BYTES = 2 * 1024 ** 3;
const PRLIMIT = "/usr/bin/prlimit";
/** The recipes' `--stack-size` fits into a main thread's stack of this size. */
const STACK_BYTES = 8 * 1024 ** 2;

/** Why no reply came. */
export type Silence = "died" | "stalled" | "garbled";

/**
 * Longest wait for a child's engine. It has nothing to do with how long a program
 * may run: a busy machine takes seconds to start one.
 */
const START_MS = 60_000;

/** No child could be started; another attempt may succeed. */
export class SandboxStartError extends Error {
  override name = "SandboxStartError";
}

/** A running child. `start` resolves when its engine has booted. */
export class ChildProcess {
  readonly #process: Deno.ChildProcess;
  readonly #nonce = crypto.randomUUID();
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #frames = new FrameBuffer();

  private constructor(recipe: EngineRecipe, cacheFolder: string) {
    this.#process = new Deno.Command(...commandFor(recipe, cacheFolder))
      .spawn();
    // An idle child does not keep the parent alive; a reply's timer does while one is due.
    this.#process.unref();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.getReader();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Starts a child and waits until its engine is ready. Throws a SandboxStartError if it does not boot. */
  static async start(
    recipe: EngineRecipe,
    limits: Limits,
    cacheFolder: string,
  ): Promise<ChildProcess> {
    const child = new ChildProcess(recipe, cacheFolder);
    child.#write(frameJson({ nonce: child.#nonce, limits }));
    child.#write(frameBytes(recipe.payload));
    const answer = await child.reply(Math.max(START_MS, limits.wallMs));
    if (typeof answer === "string" || answer.ready !== true) {
      await child.end();
      throw new SandboxStartError(
        `the sandbox process for ${
          recipe.languages.join(" and ")
        } did not start ` +
          `(${typeof answer === "string" ? answer : "no greeting"}): ` +
          "check that Deno may run itself (--allow-run)",
      );
    }
    return child;
  }

  send(jobs: readonly WireJob[], isUrgent: boolean): void {
    const request: Request = { jobs, isUrgent };
    this.#write(frameJson(request));
  }

  /** The next reply, or why there is none. */
  async reply(wallMs: number): Promise<Reply | Silence> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<Silence>((resolve) => {
      timer = setTimeout(() => resolve("stalled"), wallMs);
    });
    try {
      return await Promise.race([this.#nextReply(), stalled]);
    } catch {
      return "garbled";
    } finally {
      clearTimeout(timer);
    }
  }

  async #nextReply(): Promise<Reply | Silence> {
    for (;;) {
      const frame = this.#frames.next();
      if (frame !== null) {
        const reply: Reply = JSON.parse(new TextDecoder().decode(frame));
        return reply.nonce === this.#nonce ? reply : "garbled";
      }
      const { value, done } = await this.#reader.read();
      if (done) return "died";
      this.#frames.push(value);
    }
  }

  /** Kills the child and waits until the system has forgotten it. */
  async end(): Promise<void> {
    this.#process.ref();
    try {
      this.#process.kill("SIGKILL");
    } catch { /* it has already ended */ }
    await Promise.allSettled([this.#writer.abort(), this.#reader.cancel()]);
    await this.#process.status;
  }

  #write(frame: Uint8Array<ArrayBuffer>): void {
    // A broken pipe shows as a death when the reply is read.
    this.#writer.write(frame).catch(() => {});
  }
}

function commandFor(
  recipe: EngineRecipe,
  cacheFolder: string,
): [string, Deno.CommandOptions] {
  const script = fileURLToPath(new URL("./child.ts", import.meta.url));
  const command = [
    ...operatingSystemLimits(),
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--no-remote",
    "--no-npm",
    "--no-config",
    "--no-lock",
    "--cached-only",
    "--deny-import",
    "--no-code-cache",
    `--v8-flags=${recipe.v8Flags.join(",")}`,
    ...recipe.permissions,
    script,
    recipe.name,
  ];
  return [command[0], {
    args: command.slice(1),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    clearEnv: true,
    env: {
      DENO_DIR: cacheFolder,
      // glibc otherwise keeps what V8's compiler freed: a child had 548 to 633 MB
      // resident in eight runs, with these 493 to 517 in as many, equally fast.
      MALLOC_TRIM_THRESHOLD_: "131072",
      MALLOC_MMAP_THRESHOLD_: "131072",
      MALLOC_ARENA_MAX: "1",
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      TZ: "UTC",
      LANG: "C.UTF-8",
    },
  }];
}

let limitCommand: string[] | null = null;

/** Returns `prlimit …` where the system has it and permits it; nothing elsewhere. */
function operatingSystemLimits(): string[] {
  if (limitCommand !== null) return limitCommand;
  // The colon sets the soft limit alone. No limit of CPU time: a child lives long.
  const stack = `--stack=${STACK_BYTES}:`;
  const wanted = [PRLIMIT, `--data=${DATA_BYTES}`, stack, "--core=0", "--"];
  try {
    const trial = new Deno.Command(wanted[0], {
      args: [...wanted.slice(1), "/bin/true"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    limitCommand = trial.success ? wanted : [];
  } catch {
    limitCommand = [];
  }
  if (limitCommand.length === 0) requireStack();
  return limitCommand;
}

/** Throws where the stack is too small and cannot be made larger: V8 would crash. */
function requireStack(): void {
  let text: string;
  try {
    text = Deno.readTextFileSync("/proc/self/limits");
  } catch {
    return; // not Linux, or not readable: nothing is known
  }
  const soft = Number(/^Max stack size +(\d+)/m.exec(text)?.[1] ?? Infinity);
  if (soft >= STACK_BYTES) return;
  limitCommand = null;
  throw new Error(
    `the stack limit of ${soft} bytes is too small for the sandbox: ` +
      `start Deno after \`ulimit -s ${STACK_BYTES / 1024}\``,
  );
}
