/** A parameter of more than 2^24 values is trained, saved and resumed to the same bytes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { saveModel, startBackend } from "../../lib/model/mod.ts";
import type { Decoder } from "../../lib/model/decoder.ts";
import { LocalEngine } from "../../lib/engines/local.ts";
import { defaultOptimiser } from "../../lib/model/training/optimiser.ts";
import { smallModel, tokensOf } from "./shapes.ts";

const sequence = {
  promptTokens: tokensOf(3, "p"),
  responseTokens: tokensOf(2, "r"),
  advantages: [1, -1],
  oldLogProbs: [-2, -2],
  weights: [1, 1],
};
const objective = {
  objective: "reinforce" as const,
  clipLow: 0.2,
  clipHigh: 0.2,
  entropyCoefficient: 0,
};

async function hashOf(model: Decoder): Promise<string> {
  const hash = createHash("sha256");
  for (const tensor of model.parameters()) {
    const values = await tensor.data() as Float32Array;
    hash.update(new Uint8Array(values.buffer, 0, values.byteLength));
  }
  return hash.digest("hex");
}

Deno.test("more than 2^24 values in one parameter are resumed to the same bytes", async () => {
  await startBackend();
  const folder = await Deno.makeTempDir();
  try {
    const fresh = smallModel({ vocab_size: 2 ** 20 + 1, hidden_size: 16 });
    assert.ok(fresh.parameters()[0].size > 2 ** 24);
    await saveModel(fresh, join(folder, "base"));
    fresh.dispose();
    const engine = await LocalEngine.fromFolder(join(folder, "base"));
    await engine.trainStep([sequence], objective, defaultOptimiser);
    await engine.save(join(folder, "saved"));
    const resumed = await LocalEngine.fromFolder(join(folder, "saved"));
    assert.equal(await hashOf(resumed.model), await hashOf(engine.model));
    const reports = [];
    for (const one of [engine, resumed]) {
      const { loss, gradientNorm } = await one.trainStep(
        [sequence],
        objective,
        defaultOptimiser,
      );
      reports.push({ loss, gradientNorm, sha256: await hashOf(one.model) });
      one.dispose();
    }
    assert.deepEqual(reports[1], reports[0]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
