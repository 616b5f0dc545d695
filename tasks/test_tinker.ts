/**
 * Runs the remote engine's tests against a real Tinker server on this machine.
 *
 *     deno task test:tinker
 *
 * Opt-in, because the first run downloads about 3 GB: see tinker_server.ts.
 * Stops the server afterwards, whatever happened.
 */
import { join } from "node:path";
import { startTinkerServer } from "./tinker_server.ts";

const tests = join(import.meta.dirname!, "..", "tests", "engine");
const folder = await Deno.makeTempDir({ prefix: "tinker-" });
const server = await startTinkerServer({ folder });
let code = 1;
try {
  ({ code } = await runTests([
    join(tests, "tinker_contract_test.ts"),
    join(tests, "tinker_restart_test.ts"),
  ]));
} finally {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);

function runTests(files: string[]): Promise<Deno.CommandStatus> {
  return new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...files],
    env: { AZR_TINKER_URL: server.url, AZR_TINKER_MODEL: server.baseModel },
  }).spawn().status;
}
