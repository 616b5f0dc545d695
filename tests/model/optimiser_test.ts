/** The optimiser against its equations, and the gradient that it is given. */
import assert from "node:assert/strict";
import {
  AdamW,
  type Decoder,
  defaultOptimiser,
  languageModelStep,
  readOptimiserState,
  startBackend,
  writeOptimiserState,
} from "../../lib/model/mod.ts";
import type { ModelShape } from "../../lib/model/config.ts";
import type { OptimiserConfig } from "../../lib/model/requests.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";

await startBackend();

function documentsOf(count: number, longest: number) {
  return Array.from({ length: count }, (_, i) => {
    const tokens = tokensOf(longest - i % 20, "optimiser", i);
    return { tokens, weights: fullWeights(tokens) };
  });
}

/** Models whose parameters fill one vector of the optimiser, and several. */
const MODELS: Record<string, Partial<ModelShape>> = {
  "one vector": {},
  "several vectors": { vocab_size: 34_000, tie_word_embeddings: false },
};

/** Changes nothing but the first moment, which is then the (clipped) gradient. */
const watching: OptimiserConfig = {
  ...defaultOptimiser,
  learningRate: 0,
  beta1: 0,
  maxGradientNorm: 1e9,
};

async function gradientOf(
  model: Decoder,
  documents: ReturnType<typeof documentsOf>,
  config: OptimiserConfig = watching,
) {
  const optimiser = new AdamW(model);
  const report = await languageModelStep(model, optimiser, documents, config);
  const { firstMoment } = await optimiser.state();
  optimiser.dispose();
  return { gradient: firstMoment, report };
}

async function valuesOf(model: Decoder): Promise<number[]> {
  const parts = await Promise.all(model.parameters().map((x) => x.data()));
  return parts.flatMap((part) => [...part]);
}

Deno.test("a gradient is clipped by the norm over all parameters", async () => {
  const model = smallModel();
  const documents = documentsOf(3, 24);
  const { gradient, report } = await gradientOf(model, documents);
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  assert.ok(Math.abs(report.gradientNorm / norm - 1) < 1e-5);
  for (const share of [0.25, 4]) {
    const clipped = await gradientOf(model, documents, {
      ...watching,
      maxGradientNorm: share * norm,
    });
    // The report is of the gradient as it was.
    assert.ok(Math.abs(clipped.report.gradientNorm / norm - 1) < 1e-5);
    const scale = Math.min(1, share);
    gradient.forEach((g, i) =>
      assert.ok(Math.abs(clipped.gradient[i] - scale * g) < 1e-5 * norm)
    );
  }
  model.dispose();
});

Deno.test("micro-batches add up to the gradient of the whole", async () => {
  const model = smallModel();
  // 130 documents of up to 60 tokens are more than one micro-batch of 4096.
  const documents = documentsOf(130, 60);
  const halves = [documents.slice(0, 65), documents.slice(65)];
  const tokensIn = (part: typeof documents) =>
    part.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
  const whole = await gradientOf(model, documents);
  const parts = [
    await gradientOf(model, halves[0]),
    await gradientOf(model, halves[1]),
  ];
  const shares = halves.map((half) => tokensIn(half) / tokensIn(documents));
  const largest = whole.gradient.reduce((a, g) => Math.max(a, Math.abs(g)), 0);
  whole.gradient.forEach((g, i) => {
    const sum = shares[0] * parts[0].gradient[i] +
      shares[1] * parts[1].gradient[i];
    assert.ok(Math.abs(g - sum) < 1e-4 * largest);
  });
  assert.ok(
    Math.abs(
      whole.report.loss - shares[0] * parts[0].report.loss -
        shares[1] * parts[1].report.loss,
    ) < 1e-5,
  );
  model.dispose();
});

for (const [name, shape] of Object.entries(MODELS)) {
  Deno.test(`steps follow the equations of AdamW in double precision: ${name}`, async () => {
    const model = smallModel(shape);
    const optimiser = new AdamW(model);
    const config = {
      ...defaultOptimiser,
      learningRate: 0.01,
      weightDecay: 0.3,
    };
    const { beta1, beta2, epsilon, learningRate, weightDecay } = config;
    const decays = model.parameters().flatMap((tensor) =>
      new Array<boolean>(tensor.size).fill(tensor.rank > 1)
    );
    const size = decays.length;
    let first = new Array<number>(size).fill(0);
    let second = new Array<number>(size).fill(0);
    let weights = await valuesOf(model);
    for (let t = 1; t <= 4; t++) {
      const documents = documentsOf(2, 20 + t);
      const raw = await gradientOf(model, documents);
      const clip = Math.min(
        1,
        config.maxGradientNorm / raw.report.gradientNorm,
      );
      const gradient = [...raw.gradient].map((g) => clip * g);
      first = first.map((m, i) => beta1 * m + (1 - beta1) * gradient[i]);
      second = second.map((v, i) => beta2 * v + (1 - beta2) * gradient[i] ** 2);
      weights = weights.map((w, i) => {
        const step = first[i] / (1 - beta1 ** t) /
          (Math.sqrt(second[i] / (1 - beta2 ** t)) + epsilon);
        const kept = decays[i] ? w * (1 - learningRate * weightDecay) : w;
        return kept - learningRate * step;
      });
      await languageModelStep(model, optimiser, documents, config);
      const ours = await valuesOf(model);
      // Where a gradient is rounding noise alone, its sign is free: few may differ.
      const wrong = ours.filter((w, i) =>
        Math.abs(w - weights[i]) > 2e-5
      ).length;
      assert.ok(wrong <= 0.002 * size, `step ${t}: ${wrong} of ${size}`);
      weights = ours;
    }
    optimiser.dispose();
    model.dispose();
  });
}

for (const [name, shape] of Object.entries(MODELS)) {
  Deno.test(`the optimiser's state returns, and one without a step is refused: ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    const model = smallModel(shape);
    const optimiser = new AdamW(model);
    assert.equal(readOptimiserState(optimiser, folder), false);
    await languageModelStep(
      model,
      optimiser,
      documentsOf(1, 9),
      defaultOptimiser,
    );
    await writeOptimiserState(optimiser, folder);
    const copy = new AdamW(model);
    assert.ok(readOptimiserState(copy, folder));
    assert.deepEqual(await copy.state(), await optimiser.state());
    const other = smallModel({ num_hidden_layers: 1 });
    const smaller = new AdamW(other);
    assert.throws(
      () => readOptimiserState(smaller, folder),
      /optimizer\.safetensors: .*another model/,
    );
    const file = `${folder}/optimizer.safetensors`;
    const text = new TextDecoder("latin1").decode(await Deno.readFile(file));
    const damaged = text.replace('"step":"1"', '"stop":"1"');
    await Deno.writeFile(
      file,
      Uint8Array.from(damaged, (letter) => letter.charCodeAt(0)),
    );
    assert.throws(
      () => readOptimiserState(copy, folder),
      /"step" is undefined/,
    );
    for (const one of [optimiser, copy, smaller, model, other]) one.dispose();
  });
}
