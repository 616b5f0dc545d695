import assert from "node:assert/strict";
import { kitRoot } from "../../tasks/notebook/notebook_file.ts";

const noNative = Deno.build.os !== "linux";

async function stderrOf(code: string): Promise<string> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--no-lock", code],
    cwd: kitRoot(),
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test({
  name: "loading TensorFlow prints nothing",
  ignore: noNative,
  fn: async () => {
    const printed = await stderrOf(
      'import { startBackend } from "./lib/model/backend.ts"; await startBackend();',
    );
    assert.equal(printed, "");
  },
});

Deno.test({
  name: "while notices are kept back, other words to stderr are written on",
  ignore: noNative,
  fn: async () => {
    const printed = await stderrOf(
      `import { withoutNotices } from "./lib/model/native_notices.ts";
const say = (text) => Deno.stderr.writeSync(new TextEncoder().encode(text));
const value = withoutNotices(() => {
  say("WARNING: All log messages before absl::InitializeLog() is called\\n");
  say("a true fault\\n");
  return 7;
});
try { withoutNotices(() => { say("thrown\\n"); throw new Error("no"); }); } catch { /* goes on */ }
say("after " + value + "\\n");`,
    );
    assert.equal(printed, "a true fault\nthrown\nafter 7\n");
  },
});
