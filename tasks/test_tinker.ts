/**
 * Runs the remote engines' tests against real servers on this machine: SkyRL's
 * Tinker server, and the OpenAI-compatible server of transformers.
 *
 *     deno task test:tinker
 *
 * Opt-in, because the first run downloads about 3 GB: see python_server.ts.
 * The servers are stopped afterwards, whatever happened.
 */
import { join } from "node:path";
import { freePort, startServer } from "./python_server.ts";
import { startTinkerServer } from "./tinker_server.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task test:tinker\n",
  "tests the remote engines against real servers on this machine (first run: 3 GB)",
].join("\n");

const tests = join(import.meta.dirname!, "..", "tests", "engines");

async function main(args: readonly string[]): Promise<number> {
  readWords(args, {});
  const folder = await Deno.makeTempDir({ prefix: "tinker-" });
  try {
    return await testTinker(folder) || await testOpenAi(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function testTinker(folder: string): Promise<number> {
  const server = await startTinkerServer({ folder });
  try {
    return await runTests(
      [
        "tinker_contract_test.ts",
        "tinker_restart_test.ts",
        "tinker_ahead_test.ts",
        "tinker_play_test.ts",
      ],
      {
        AZR_TINKER_URL: server.url,
        AZR_TINKER_MODEL: server.baseModel,
      },
    );
  } finally {
    await server.stop();
  }
}

/** Serves the tiny model that the Tinker server has left in the folder. */
async function testOpenAi(folder: string): Promise<number> {
  const model = join(folder, "tiny-qwen3");
  const port = freePort();
  const stop = await startServer({
    program: "transformers",
    args: [
      "serve",
      "--host",
      "127.0.0.1",
      "--port",
      `${port}`,
      "--device",
      "cpu",
    ],
    health: `http://127.0.0.1:${port}/health`,
    log: join(folder, "openai.log"),
  });
  try {
    return await runTests(["openai_server_test.ts"], {
      AZR_OPENAI_URL: `http://127.0.0.1:${port}/v1`,
      AZR_OPENAI_MODEL: model,
    });
  } finally {
    await stop();
  }
}

async function runTests(
  files: string[],
  env: Record<string, string>,
): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...files.map((file) => join(tests, file))],
    env,
  }).spawn().status;
  return code;
}

if (import.meta.main) await runTask(USAGE, main);
