/** The update by one operation against the update in tfjs, and who owns its memory. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { defaultOptimiser, startBackend } from "../../lib/model/mod.ts";
import {
  type Moments,
  VectorMoments,
} from "../../lib/model/training/moments.ts";
import { FusedMoments } from "../../lib/model/native/moments_fused.ts";

const { name } = await startBackend();
const ignore = name !== "tfjs-node";

/** More values than one of TensorFlow's threads takes, and no round number. */
const SHAPES: Record<string, number[]> = {
  matrix: [411, 307],
  vector: [100_003],
};

function update(moments: Moments, old: tf.Tensor, step: number, clip: number) {
  const gradient_P = tf.randomNormal([old.size], 0, 1, "float32", step);
  const [fresh] = moments.update([old], gradient_P as tf.Tensor1D, {
    config: { ...defaultOptimiser, weightDecay: 3 },
    step,
    clip,
  });
  gradient_P.dispose();
  return fresh;
}

function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i] - b[i]) / (0.1 + Math.abs(b[i])));
  }
  return most;
}

for (const [kind, shape] of Object.entries(SHAPES)) {
  Deno.test({
    name: `one operation updates a ${kind} like the operations of tfjs`,
    ignore,
    fn: async () => {
      const first = tf.randomNormal(shape, 0, 0.1, "float32", 9);
      const variants = [new FusedMoments(first), new VectorMoments([first])];
      let [fused, vector] = [first, first];
      for (let step = 1; step <= 5; step++) {
        const clip = step % 2 === 0 ? 1 : 0.3;
        fused = update(variants[0], fused, step, clip);
        vector = update(variants[1], vector, step, clip);
        assert.deepEqual(fused.shape, shape);
        assert.ok(furthest(await fused.data(), await vector.data()) < 1e-5);
      }
      const [ours, theirs] = await Promise.all(
        variants.map((moments) => moments.read()),
      );
      assert.ok(furthest(ours.first_P, theirs.first_P) < 1e-5);
      assert.ok(furthest(ours.second_P, theirs.second_P) < 1e-5);
      // It moved at all, and decay makes a difference between the two kinds.
      assert.ok(furthest(await first.data(), await fused.data()) > 0.05);
      for (const one of variants) one.dispose();
    },
  });
}

Deno.test({
  name: "an update in place changes nothing that somebody else holds",
  ignore,
  fn: async () => {
    const before = tf.memory().numTensors;
    const first = tf.randomNormal(SHAPES.matrix, 0, 0.1, "float32", 9);
    const moments = new FusedMoments(first);
    const held = [first];
    const copies = [await first.array()];
    for (let step = 1; step <= 3; step++) {
      held.push(update(moments, held.at(-1)!, step, 1));
      copies.push(await held.at(-1)!.array());
    }
    const saved = await moments.read();
    const copy = saved.first_P.slice();
    held.push(update(moments, held.at(-1)!, 4, 1));
    copies.push(await held.at(-1)!.array());
    assert.deepEqual(saved.first_P, copy);
    for (const [i, tensor] of held.entries()) {
      assert.deepEqual(await tensor.array(), copies[i], `after update ${i}`);
    }
    moments.dispose();
    tf.dispose(held.slice(0, -1));
    // The last parameter outlives its optimiser.
    assert.deepEqual(await held.at(-1)!.array(), copies.at(-1));
    held.at(-1)!.dispose();
    assert.equal(tf.memory().numTensors, before);
  },
});

Deno.test({
  name: "a thousand updates leave no tensor and no memory behind",
  ignore,
  fn: () => {
    let parameter: tf.Tensor = tf.randomNormal([500, 500], 0, 0.1);
    const moments = new FusedMoments(parameter);
    const counts: number[] = [];
    const sizes: number[] = [];
    for (let step = 1; step <= 1000; step++) {
      const fresh = update(moments, parameter, step, 0.5);
      parameter.dispose();
      parameter = fresh;
      counts.push(tf.memory().numTensors);
      sizes.push(Deno.memoryUsage().rss);
    }
    assert.deepEqual([...new Set(counts)], [counts[0]]);
    // A megabyte per update would be kept: weights, moments or gradients.
    const grown = (sizes.at(-1)! - sizes[100]) / 2 ** 20;
    assert.ok(grown < 200, `${grown} MiB`);
    moments.dispose();
    parameter.dispose();
  },
});

Deno.test({
  name: "moments written are the moments read, and go on from there",
  ignore,
  fn: async () => {
    const first = tf.randomNormal(SHAPES.matrix, 0, 0.1, "float32", 9);
    const one = new FusedMoments(first);
    const second = update(one, first, 1, 1);
    const { first_P, second_P } = await one.read();
    const other = new FusedMoments(first);
    other.write(first_P, second_P);
    assert.deepEqual(await other.read(), { first_P, second_P });
    const [a, b] = [one, other].map((moments) =>
      update(moments, second, 2, 0.5)
    );
    assert.deepEqual(await a.data(), await b.data());
    one.dispose();
    other.dispose();
    tf.dispose([first, second, a, b]);
  },
});
