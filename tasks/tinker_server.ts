/**
 * Starts a real Tinker server (SkyRL from PyPI, JAX on the processor), for
 * trying the remote engine without an account or a GPU.
 *
 *     deno task tinker [FOLDER]   prints the address, runs until Ctrl-C
 *
 * FOLDER holds a model in Hugging Face's layout, for example a base model of
 * .cache/base, or is a model's name; without it a tiny random model is served.
 *
 * Opt-in: the first run makes a large Python environment (python_server.ts).
 * Needs Python 3.12 or newer; set AZR_PYTHON if it is not on the PATH. The start may
 * take minutes on a busy machine: 600 s are waited for it.
 */
import { join, resolve } from "node:path";
import { modelFolder } from "./model/folder.ts";
import {
  CACHE,
  ensureEnvironment,
  freePort,
  startServer,
} from "./python_server.ts";
import { writeTinyCheckpoint } from "./tinker_checkpoint.ts";
import { STOPPING } from "./stopping.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task tinker [MODEL]\n",
  "starts a Tinker server on 127.0.0.1 and prints its address; Ctrl-C stops it",
  "  MODEL              a model's name or folder (default: a tiny random one)",
].join("\n");

/** A running server. */
export interface TinkerServer {
  url: string;
  port: number;
  /** The folder the server was started with, which is also the base model's name. */
  baseModel: string;
  /** Stops the server and waits until it is gone. */
  stop(): Promise<void>;
}

/** Where to run; give the same again to restart a stopped server with its memory. */
export interface ServerPlace {
  /** A model's folder; without it a tiny random model is made and served. */
  baseModel?: string;
  /** Holds the tiny model, the server's checkpoints, its database and its log. */
  folder?: string;
  port?: number;
}

export async function startTinkerServer(
  place: ServerPlace = {},
): Promise<TinkerServer> {
  await ensureEnvironment();
  const { folder = join(CACHE, "tinker"), port = freePort() } = place;
  const baseModel = resolve(place.baseModel ?? join(folder, "tiny-qwen3"));
  await Deno.mkdir(folder, { recursive: true });
  if (place.baseModel === undefined) await writeTinyCheckpoint(baseModel);
  const url = `http://127.0.0.1:${port}`;
  const stop = await startServer({
    program: "uv",
    args: serverArguments(folder, baseModel, port),
    health: `${url}/api/v1/healthz`,
    log: join(folder, "server.log"),
  });
  return { url, port, baseModel, stop };
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
  const backend = {
    max_lora_adapters: 4,
    max_lora_rank: 32,
    // Batches are padded to this size: without it every size compiles anew.
    sample_max_num_sequences: 32,
  };
  return [
    ...["run", "--no-project", "--offline", "-m", "skyrl.tinker.api"],
    ...["--host", "127.0.0.1", "--port", `${port}`],
    ...["--base-model", baseModel, "--backend", "jax"],
    ...["--backend-config", JSON.stringify(backend)],
    ...["--checkpoints-base", join(folder, "checkpoints")],
    ...["--database-url", `sqlite:///${join(folder, "tinker.db")}`],
  ];
}

async function main(args: readonly string[]): Promise<never> {
  const { words: [named] } = readWords(args, {}, 1);
  const baseModel = named === undefined ? named : await modelFolder(named);
  const server = await startTinkerServer({ baseModel });
  console.log(`url        ${server.url}`);
  console.log(`baseModel  ${server.baseModel}`);
  console.log("Ctrl-C stops the server.");
  await new Promise<void>((stop) => {
    for (const signal of STOPPING) Deno.addSignalListener(signal, stop);
  });
  await server.stop();
  Deno.exit(0);
}

if (import.meta.main) await runTask(USAGE, main);
