/** Metering counts what it says, and leaves the module's meaning alone. */

import assert from "node:assert/strict";

import {
  CALLS_EXPORT,
  encodeUnsigned,
  FUEL_EXPORT,
  meter,
} from "../../lib/sandbox/wasm/meter.ts";

const I32 = 0x7f;

const vector = (items: readonly number[][]) => [items.length, ...items.flat()];
const section = (
  id: number,
  body: readonly number[],
) => [id, body.length, ...body];
const code = (...bytes: number[]) => [bytes.length, ...bytes];
const exported = (name: string, index: number) => [
  name.length,
  ...new TextEncoder().encode(name),
  ...[0, index],
];

/** `sum(n)` loops n times; `twice(n)` calls it twice; `fill(n)` fills n bytes. */
// deno-fmt-ignore
function wholeModule(): Uint8Array<ArrayBuffer> {
  // loop { total += n; n -= 1; branch back if n } total
  const sum = code(1, 1, I32, 0x03, 0x40, 0x20, 1, 0x20, 0, 0x6a, 0x21, 1,
    0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x20, 1, 0x0b);
  // sum(n) + sum(n)
  const twice = code(0, 0x20, 0, 0x10, 0, 0x20, 0, 0x10, 0, 0x6a, 0x0b);
  // memory.fill(0, 7, n); n
  const fill = code(0, 0x41, 0, 0x41, 7, 0x20, 0, 0xfc, 11, 0, 0x20, 0, 0x0b);
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector([[0x60, 1, I32, 1, I32]])),
    ...section(3, vector([[0], [0], [0]])),
    ...section(5, vector([[0, 1]])),
    ...section(6, vector([[I32, 1, 0x41, 5, 0x0b]])),
    ...section(7, vector([exported("sum", 0), exported("twice", 1), exported("fill", 2)])),
    ...section(10, vector([sum, twice, fill])),
  ]);
}

interface Exports {
  sum(n: number): number;
  twice(n: number): number;
  fill(n: number): number;
  [FUEL_EXPORT]: WebAssembly.Global;
  [CALLS_EXPORT]: WebAssembly.Global;
}

function instantiate(bytes: Uint8Array<ArrayBuffer>): Exports {
  const module = new WebAssembly.Module(bytes);
  return new WebAssembly.Instance(module).exports as unknown as Exports;
}

Deno.test("one step for each call, each turn of a loop and each 64 bytes moved", () => {
  const metered = meter(wholeModule(), { countedExports: ["sum"] });
  assert.deepEqual(
    [metered.functions, metered.loops, metered.bulkInstructions],
    [3, 1, 1],
  );
  const module = instantiate(metered.bytes);
  const used = (call: () => number): [result: number, fuel: number] => {
    module[FUEL_EXPORT].value = 1_000_000;
    const result = call();
    return [result, 1_000_000 - module[FUEL_EXPORT].value];
  };
  assert.deepEqual(used(() => module.sum(10)), [55, 1 + 10]);
  assert.deepEqual(used(() => module.twice(10)), [110, 1 + 2 * 11]);
  assert.deepEqual(used(() => module.fill(6400)), [6400, 1 + 100]);
  assert.equal(module[CALLS_EXPORT].value, 3, "counted calls of sum");
});

/** `long(n)` adds one to n as often as it is told, in a row or with a block after each. */
// deno-fmt-ignore
function straightModule(additions: number, hasBlocks: boolean): Uint8Array<ArrayBuffer> {
  const addition = [0x41, 1, 0x6a, ...(hasBlocks ? [0x02, 0x40, 0x0b] : [])];
  const body = [0, 0x20, 0, ...Array(additions).fill(addition).flat(), 0x0b];
  const sized = (bytes: number[]) => [...encodeUnsigned(bytes.length), ...bytes];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector([[0x60, 1, I32, 1, I32]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0, 1]])),
    ...section(6, vector([[I32, 1, 0x41, 5, 0x0b]])),
    ...section(7, vector([exported("sum", 0)])),
    10, ...sized(vector([sized(body)])),
  ]);
}

Deno.test("one step for 256 instructions without a branch, however they are unrolled", () => {
  const used = (additions: number, hasBlocks: boolean) => {
    const metered = meter(straightModule(additions, hasBlocks));
    const module = instantiate(metered.bytes);
    module[FUEL_EXPORT].value = 1000;
    assert.equal(module.sum(7), 7 + additions);
    return [metered.straight, 1000 - module[FUEL_EXPORT].value];
  };
  assert.deepEqual(used(127, false), [0, 1]);
  assert.deepEqual(used(128, false), [1, 2]);
  assert.deepEqual(used(1280, false), [10, 11]);
  assert.deepEqual(used(1280, true), [0, 1]);
});

Deno.test("without fuel the module traps, at the same step every time", () => {
  const module = instantiate(meter(wholeModule()).bytes);
  module[FUEL_EXPORT].value = 11;
  assert.equal(module.sum(10), 55);
  for (let i = 0; i < 3; i++) {
    module[FUEL_EXPORT].value = 10;
    assert.throws(() => module.sum(10), WebAssembly.RuntimeError);
    assert.equal(module[FUEL_EXPORT].value, -1);
  }
  module[FUEL_EXPORT].value = 1000;
  assert.throws(() => module.sum(0), WebAssembly.RuntimeError, "2³² turns");
});

Deno.test("a bulk instruction may not run over the fuel that is left", () => {
  const module = instantiate(meter(wholeModule()).bytes);
  module[FUEL_EXPORT].value = 50;
  assert.throws(() => module.fill(64_000), WebAssembly.RuntimeError);
  assert.ok(module[FUEL_EXPORT].value < 0);
});

Deno.test("the memory gets the maximum it is told", () => {
  const bytes = meter(wholeModule(), { maximumPages: 3 }).bytes;
  const metered = WebAssembly.Module.exports(new WebAssembly.Module(bytes));
  assert.ok(metered.some(({ name }) => name === FUEL_EXPORT));
});

Deno.test("what the pass does not know is an error, not a guess", () => {
  const unknown = wholeModule();
  unknown[unknown.length - 1] = 0xff;
  assert.throws(
    () => meter(unknown),
    /does not know instruction|lost its place/,
  );
  assert.throws(
    () => meter(wholeModule(), { countedExports: ["nothing"] }),
    /no exported function nothing/,
  );
});
