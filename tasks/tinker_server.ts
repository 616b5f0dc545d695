/**
 * Starts a real Tinker server (SkyRL from PyPI, JAX on the processor) with a
 * tiny random model, for trying the remote engine without an account or a GPU.
 *
 *     deno task tinker            prints the address, runs until Ctrl-C
 *
 * Opt-in: the first run makes a Python environment under .cache/skyrl-venv,
 * which downloads about 3 GB and takes 6.5 GB of disk (SkyRL needs torch, and
 * the torch on PyPI brings CUDA along). Everything stays inside .cache/, and
 * the server listens on 127.0.0.1 only.
 *
 * Needs Python 3.12 or newer; set AZR_PYTHON if it is not on the PATH.
 */
import { join } from "node:path";
import { writeTinyCheckpoint } from "./tinker_checkpoint.ts";

const SKYRL = "skyrl[tinker,jax]==0.3.0";
const CACHE = join(import.meta.dirname!, "..", ".cache");
const VENV = join(CACHE, "skyrl-venv");

/** A running server. */
export interface TinkerServer {
  url: string;
  port: number;
  /** The folder the server was started with, which is also the base model's name. */
  baseModel: string;
  /** Where the server's checkpoints, database and log are. */
  folder: string;
  /** Stops the server and waits until it is gone. */
  stop(): Promise<void>;
}

/** Where to run; give both again to restart a stopped server with its memory. */
export interface ServerPlace {
  folder?: string;
  port?: number;
}

export async function startTinkerServer(
  place: ServerPlace = {},
): Promise<TinkerServer> {
  await ensureEnvironment();
  const folder = place.folder ?? join(CACHE, "tinker");
  const baseModel = join(folder, "tiny-qwen3");
  await writeTinyCheckpoint(baseModel);
  const port = place.port ?? freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = Deno.openSync(join(folder, "server.log"), {
    write: true,
    create: true,
    truncate: true,
  });
  const child = new Deno.Command(join(VENV, "bin", "uv"), {
    args: serverArguments(folder, baseModel, port),
    env: environment(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const logged = Promise.all([
    append(child.stdout, log),
    append(child.stderr, log),
  ]).then(() => log.close());
  const stop = async () => {
    try {
      child.kill("SIGTERM");
    } catch { /* It has ended already. */ }
    await Promise.all([child.status, logged]);
  };
  await waitUntilHealthy(url, child.status, join(folder, "server.log"));
  return { url, port, baseModel, folder, stop };
}

/**
 * The server looks at its parent's command line to learn how to start its
 * engine, so it must be started by `uv run … -m`. `max_lora_adapters` counts
 * the base model's own place.
 */
function serverArguments(
  folder: string,
  baseModel: string,
  port: number,
): string[] {
  const backend = { max_lora_adapters: 4, max_lora_rank: 32 };
  return [
    ...["run", "--no-project", "--offline", "-m", "skyrl.tinker.api"],
    ...["--host", "127.0.0.1", "--port", `${port}`],
    ...["--base-model", baseModel, "--backend", "jax"],
    ...["--backend-config", JSON.stringify(backend)],
    ...["--checkpoints-base", join(folder, "checkpoints")],
    ...["--database-url", `sqlite:///${join(folder, "tinker.db")}`],
  ];
}

function environment(): Record<string, string> {
  return {
    VIRTUAL_ENV: VENV,
    PATH: `${join(VENV, "bin")}:${Deno.env.get("PATH")}`,
    UV_CACHE_DIR: join(CACHE, "uv"),
    HF_HUB_OFFLINE: "1",
    HF_HUB_DISABLE_TELEMETRY: "1",
    JAX_PLATFORMS: "cpu",
    // Each new shape costs seconds of compiling; a second start finds them here.
    JAX_COMPILATION_CACHE_DIR: join(CACHE, "jax"),
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: "0",
    PYTHONUNBUFFERED: "1",
  };
}

/** Makes the Python environment unless it is there. */
async function ensureEnvironment(): Promise<void> {
  const ready = join(VENV, "skyrl-ready");
  if (await exists(ready)) return;
  const python = await findPython();
  console.error(`Making ${VENV} with ${SKYRL} (about 3 GB to download) …`);
  await must(python, ["-m", "venv", "--clear", VENV]);
  await must(join(VENV, "bin", "python"), ["-m", "pip", "install", "-q", "uv"]);
  const packages = [SKYRL, "torch", "psutil"];
  await must(join(VENV, "bin", "uv"), ["pip", "install", ...packages]);
  await Deno.writeTextFile(ready, SKYRL + "\n");
}

/** SkyRL says 3.11 will do, but its types need typing.TypedDict of 3.12. */
async function findPython(): Promise<string> {
  const asked = Deno.env.get("AZR_PYTHON");
  const names = asked
    ? [asked]
    : ["python3.13", "python3.12", "python3.14", "python3"];
  const check = "import sys; sys.exit(sys.version_info < (3, 12))";
  for (const name of names) {
    try {
      const { success } = await new Deno.Command(name, { args: ["-c", check] })
        .output();
      if (success) return name;
    } catch { /* Not installed under this name. */ }
  }
  throw new Error(
    `no Python 3.12 or newer among ${names.join(", ")}; install one, or set ` +
      "AZR_PYTHON to its path",
  );
}

async function must(command: string, args: string[]): Promise<void> {
  const { success, code } = await new Deno.Command(command, {
    args,
    env: environment(),
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")} ended with code ${code}`);
  }
}

async function waitUntilHealthy(
  url: string,
  ended: Promise<Deno.CommandStatus>,
  log: string,
): Promise<void> {
  let code: number | null = null;
  ended.then((status) => code = status.code);
  for (let tries = 0; tries < 600; tries++) {
    if (code !== null) {
      throw new Error(`the server ended with code ${code}; see ${log}`);
    }
    try {
      const response = await fetch(`${url}/api/v1/healthz`);
      await response.body?.cancel();
      if (response.ok) return;
    } catch { /* Not listening yet. */ }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the server did not answer within 120 s; see ${log}`);
}

async function append(
  from: ReadableStream<Uint8Array>,
  log: Deno.FsFile,
): Promise<void> {
  for await (const bytes of from) log.writeSync(bytes);
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) {
  const server = await startTinkerServer();
  console.log(`url        ${server.url}`);
  console.log(`baseModel  ${server.baseModel}`);
  console.log("Ctrl-C stops the server.");
  const stop = async () => {
    await server.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
}
