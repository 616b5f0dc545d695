/** Sums in place: the numbers, the memory, and ids that repeat. */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/model/mod.ts";
import { addedTo, rowsAddedTo } from "../../lib/model/native/in_place.ts";

await startBackend();

Deno.test("a sum takes the place of its first term, and both terms are freed", () => {
  const before = tf.memory().numTensors;
  const sum = tf.tensor2d([[1, 2], [3, 4]]);
  const alias = tf.reshape(sum, [4]);
  const whole = addedTo(sum, tf.tensor2d([[10, 20], [30, 40]]));
  assert.deepEqual(whole.arraySync(), [[11, 22], [33, 44]]);
  assert.ok(sum.isDisposed);
  // Another tensor over the same memory holds the sum too: nothing was copied.
  assert.deepEqual(alias.arraySync(), [11, 22, 33, 44]);
  tf.dispose([whole, alias]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("rows are added by their ids, also twice to one row", () => {
  tf.tidy(() => {
    const table = tf.tensor2d([[1, 1], [2, 2], [3, 3]]);
    const rows = tf.tensor2d([[10, 20], [1, 2], [100, 200]]);
    const sum = rowsAddedTo(table, tf.tensor1d([2, 0, 2], "int32"), rows)!;
    assert.deepEqual(sum.arraySync(), [[2, 3], [2, 2], [113, 223]]);
    assert.deepEqual(table.arraySync(), sum.arraySync());
  });
});
