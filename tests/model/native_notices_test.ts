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
  name: "a graph that transposes integers prints nothing",
  ignore: noNative,
  fn: async () => {
    const printed = await stderrOf(
      `import { startBackend } from "./lib/model/backend.ts";
import { Graph, INT } from "./lib/model/native/graph.ts";
import { GraphSession } from "./lib/model/native/graph_session.ts";
import * as tf from "@tensorflow/tfjs";
await startBackend();
const graph = new Graph();
const turned = graph.transpose(graph.input("x", INT), [1, 0]);
const caller = new GraphSession(graph, [turned]).caller();
caller.set({ x: tf.tensor2d([[1, 2], [3, 4]], [2, 2], "int32") });
const { numTensors } = tf.memory();
const [y] = caller.call();
if (y.dataSync().join() !== "1,3,2,4") throw new Error("another matrix");
if (tf.memory().numTensors !== numTensors + 1) throw new Error("a leak");`,
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
