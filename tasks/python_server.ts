/**
 * Python servers for the opt-in tests: one environment under .cache/skyrl-venv,
 * and processes that are started on 127.0.0.1, waited for, and stopped.
 *
 * The environment downloads about 3 GB and takes 6.5 GB of disk: SkyRL needs
 * torch, and the torch on PyPI brings CUDA along. Nothing leaves .cache/.
 */
import { join } from "node:path";

const PACKAGES = [
  "skyrl[tinker,jax]==0.4.0",
  "torch",
  "aiohttp", // SkyRL's server needs it and does not ask for it.
  "psutil", // SkyRL's server needs it and does not ask for it.
  "openai", // For transformers' own server.
];

export const CACHE = join(import.meta.dirname!, "..", ".cache");
export const VENV = join(CACHE, "skyrl-venv");

/** A command of the environment, and where it listens. */
export interface ServerCommand {
  program: string;
  args: string[];
  /** The environment's folder; default: the servers' own. */
  venv?: string;
  /** Answers 200 when the server is up. */
  health: string;
  log: string;
}

/** Starts a server and waits until it is well; returns how to stop it. */
export async function startServer(
  command: ServerCommand,
): Promise<() => Promise<void>> {
  const log = Deno.openSync(command.log, {
    write: true,
    create: true,
    truncate: true,
  });
  const { venv = VENV } = command;
  const child = new Deno.Command(join(venv, "bin", command.program), {
    args: command.args,
    env: environment(venv),
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
  try {
    await waitUntilHealthy(command, child.status);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** A Python environment: its folder, what is installed, and the oldest Python 3 for it. */
export interface PythonEnvironment {
  venv: string;
  packages: readonly string[];
  oldest: number;
}

/** SkyRL 0.4.0 needs Python 3.12 and says so. */
const SERVERS: PythonEnvironment = {
  venv: VENV,
  packages: PACKAGES,
  oldest: 12,
};

/** Makes a Python environment unless it is there: by default the servers' own. */
export async function ensureEnvironment(
  { venv, packages, oldest }: PythonEnvironment = SERVERS,
): Promise<void> {
  const ready = join(venv, "packages.json");
  const wanted = JSON.stringify(packages);
  const found = await Deno.readTextFile(ready).catch(() => "");
  if (found === wanted) return;
  const python = await findPython(oldest);
  console.error(`Making ${venv}: about 3 GB to download …`);
  const inVenv = (name: string) => join(venv, "bin", name);
  await must(python, ["-m", "venv", venv], venv);
  await must(inVenv("python"), ["-m", "pip", "install", "-q", "uv"], venv);
  await must(inVenv("uv"), ["pip", "install", ...packages], venv);
  await Deno.writeTextFile(ready, wanted);
}

/** Returns a port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function environment(venv = VENV): Record<string, string> {
  return {
    VIRTUAL_ENV: venv,
    PATH: `${join(venv, "bin")}:${Deno.env.get("PATH")}`,
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

async function findPython(oldest: number): Promise<string> {
  const asked = Deno.env.get("AZR_PYTHON");
  const names = asked
    ? [asked]
    : ["python3.13", "python3.12", "python3.14", "python3"];
  const check = `import sys; sys.exit(sys.version_info < (3, ${oldest}))`;
  for (const name of names) {
    try {
      const { success } = await new Deno.Command(name, { args: ["-c", check] })
        .output();
      if (success) return name;
    } catch { /* Not installed under this name. */ }
  }
  throw new Error(
    `no Python 3.${oldest} or newer among ${
      names.join(", ")
    }; install one, or set ` +
      "AZR_PYTHON to its path",
  );
}

async function must(
  program: string,
  args: string[],
  venv: string,
): Promise<void> {
  const { success, code } = await new Deno.Command(program, {
    args,
    env: environment(venv),
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} ended with code ${code}`);
  }
}

async function waitUntilHealthy(
  { health, log }: ServerCommand,
  ended: Promise<Deno.CommandStatus>,
): Promise<void> {
  let code: number | null = null;
  ended.then((status) => code = status.code);
  for (let tries = 0; tries < 3000; tries++) {
    if (code !== null) {
      throw new Error(`the server ended with code ${code}; see ${log}`);
    }
    try {
      const response = await fetch(health);
      await response.body?.cancel();
      if (response.ok) return;
    } catch { /* Not listening yet. */ }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the server did not answer within 600 s; see ${log}`);
}

async function append(
  from: ReadableStream<Uint8Array>,
  log: Deno.FsFile,
): Promise<void> {
  for await (const bytes of from) log.writeSync(bytes);
}
