/** Whoever computes lets signals through, and sampling ends when it is told to. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  languageModelStep,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();

/** A signal to this very process, which is heard only by who lets go of the thread. */
function signalled(): { stop: AbortSignal } & Disposable {
  const controller = new AbortController();
  const listener = () => controller.abort();
  Deno.addSignalListener("SIGUSR1", listener);
  Deno.kill(Deno.pid, "SIGUSR1");
  return {
    stop: controller.signal,
    [Symbol.dispose]: () => Deno.removeSignalListener("SIGUSR1", listener),
  };
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "sampling hears a signal, ends with its reason and leaves nothing",
  ignore,
  async fn() {
    const model = smallModel();
    // Some tens of thousands of rows: without a turn for the signal, all of them.
    const requests = Array.from({ length: 400 }, (_, seed) => ({
      promptTokens: tokensOf(4, seed),
      count: 64,
      seed,
      maxNewTokens: 20,
    }));
    const tensors = tf.memory().numTensors;
    using signal = signalled();
    const { stop } = signal;
    await assert.rejects(
      sampleBatch(model, requests, { temperature: 1, stopTokens: [], stop }),
      { name: "AbortError" },
    );
    assert.equal(tf.memory().numTensors, tensors);
    model.dispose();
  },
});

Deno.test({
  name: "training hears a signal between its micro-batches",
  ignore,
  async fn() {
    const model = smallModel();
    const optimiser = new AdamW(model);
    const settings = {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
      maxGradientNorm: 1,
    };
    const examples = Array.from({ length: 256 }, (_, seed) => ({
      tokens: tokensOf(24, seed),
      weights: new Array(24).fill(1),
    }));
    using signal = signalled();
    // Bounded by work, not by a clock: an endless loop would be a failure of the suite.
    let steps = 0;
    for (; steps < 400 && !signal.stop.aborted; steps++) {
      await languageModelStep(model, optimiser, examples, settings);
    }
    assert.ok(signal.stop.aborted, `not heard in ${steps} steps`);
    optimiser.dispose();
    model.dispose();
  },
});
