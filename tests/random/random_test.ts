import assert from "node:assert/strict";
import { derivedSeed, RandomStream, randomStream } from "../../lib/random.ts";

// Expected numbers: the C reference algorithm, state {1, 2, 3, 4}, in Python integers.
Deno.test("xoshiro128** matches an independent implementation", () => {
  const stream = new RandomStream([1, 2, 3, 4]);
  const numbers = Array.from({ length: 10 }, () => stream.nextUint32());
  assert.deepEqual(numbers, [
    11520,
    0,
    5927040,
    70819200,
    2031721883,
    1637235492,
    1287239034,
    3734860849,
    3729100597,
    4258142804,
  ]);
});

Deno.test("a path names one stream: equal paths agree, different ones do not", () => {
  const take = (...path: (string | number)[]) => {
    const stream = randomStream(7, ...path);
    return Array.from({ length: 4 }, () => stream.nextUint32());
  };
  assert.deepEqual(take("step", 3, "propose"), take("step", 3, "propose"));
  const paths = [["step", 3], ["step", 4], ["step3"], ["solve", 3]];
  const first = paths.map((path) => take(...path)[0]);
  assert.equal(new Set(first).size, paths.length);
  assert.notEqual(derivedSeed(1, "a"), derivedSeed(2, "a"));
});

Deno.test("next() is uniform: mean and variance over 50,000 draws", () => {
  const stream = randomStream(1, "uniform");
  const count = 50_000;
  let sum = 0, squares = 0;
  for (let i = 0; i < count; i++) {
    const draw = stream.next();
    assert.ok(draw >= 0 && draw < 1);
    sum += draw;
    squares += draw * draw;
  }
  const mean = sum / count;
  assert.ok(Math.abs(mean - 0.5) < 0.005, `mean ${mean}`);
  assert.ok(Math.abs(squares / count - mean * mean - 1 / 12) < 0.003);
});

Deno.test("integer() reaches both ends, and nothing beyond", () => {
  const stream = randomStream(2, "integer");
  const seen = new Set(
    Array.from({ length: 500 }, () => stream.integer(-2, 3)),
  );
  assert.deepEqual([...seen].sort((a, b) => a - b), [-2, -1, 0, 1, 2, 3]);
});

Deno.test("sample() draws without replacement and leaves its input alone", () => {
  const items = [1, 2, 3, 4, 5];
  const drawn = randomStream(3, "sample").sample(items, 9);
  assert.deepEqual(drawn.toSorted(), items);
  assert.deepEqual(items, [1, 2, 3, 4, 5]);
  assert.equal(randomStream(3, "sample").sample(items, 2).length, 2);
});

Deno.test("weightedChoice() follows its weights and never takes a zero", () => {
  const stream = randomStream(4, "weights");
  const counts = { a: 0, b: 0, c: 0 };
  for (let i = 0; i < 10_000; i++) {
    counts[stream.weightedChoice(["a", "b", "c"] as const, [1, 0, 3])]++;
  }
  assert.equal(counts.b, 0);
  assert.ok(Math.abs(counts.c / 10_000 - 0.75) < 0.02);
  assert.throws(() => stream.weightedChoice(["a"], [0]), RangeError);
  assert.throws(() => stream.choice([]), RangeError);
});

Deno.test("normal() has mean 0 and variance 1", () => {
  const stream = randomStream(5, "normal");
  const draws = Array.from({ length: 20_000 }, () => stream.normal());
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const variance = draws.reduce((sum, draw) => sum + draw ** 2, 0) /
    draws.length;
  assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.05, `variance ${variance}`);
});
