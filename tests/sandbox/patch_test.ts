/** The assembler and the patches, on a module of a few functions. */

import assert from "node:assert/strict";

import { assemble } from "../../lib/sandbox/wasm/assembler.ts";
import { type Patch, patchModule } from "../../lib/sandbox/wasm/patch.ts";

/** Exports `twice(i32) -> i32`, which calls `once(x) = x + 1` and adds 5. */
const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
  ...[3, 3, 2, 0, 0],
  ...[6, 6, 1, 0x7f, 0, 0x41, 0, 0x0b],
  ...[7, 9, 1, 5, ...new TextEncoder().encode("twice"), 0, 1],
  ...[10, 19, 2],
  ...[7, 0, 0x20, 0, 0x41, 1, 0x6a, 0x0b],
  ...[9, 0, 0x20, 0, 0x10, 0, 0x41, 5, 0x6a, 0x0b],
]);

const NOTHING: Patch = { globals: {}, functions: [], exchanges: [], names: {} };

function patched(patch: Partial<Patch>) {
  const bytes = patchModule(MODULE, { ...NOTHING, ...patch });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return exports as unknown as {
    twice(x: number): number;
    seen: WebAssembly.Global;
  };
}

Deno.test("a replaced function is called in the old one's place, and can call it", () => {
  assert.equal(patched({}).twice(10), 16);
  const { twice, seen } = patched({
    globals: { seen: "seen" },
    functions: [{
      name: "once",
      replaces: 0,
      parameters: { x: "i32" },
      result: "i32",
      code:
        "local.get $x global.set $seen local.get $x call $old_once call $tripled",
    }, {
      name: "tripled",
      parameters: { y: "i32" },
      result: "i32",
      variables: { z: "i32" },
      code: "local.get $y i32.const 3 i32.mul local.set $z local.get $z",
    }],
  });
  assert.equal(twice(10), 38, "3 (10 + 1) + 5");
  assert.equal(seen.value, 10);
});

Deno.test("an exchange puts its text for each time it is found, with variables of its own", () => {
  const exchange = { function: 1, from: "i32.const 5" };
  const { twice } = patched({
    exchanges: [{
      ...exchange,
      to: ["i32.const 7 local.set $kept local.get $kept"],
      added: { parameters: 1, variables: ["kept"] },
    }],
  });
  assert.equal(twice(10), 18);
  assert.throws(
    () => patched({ exchanges: [{ ...exchange, to: [] }] }),
    /function 1 holds "i32.const 5" 1 times/,
  );
});

Deno.test("the assembler encodes every kind of operand, and names what it does not know", () => {
  assert.deepEqual(assemble("i32.const -1 i64.const 0x80 ;; note\n end", {}), [
    ...[0x41, 0x7f, 0x42, 0x80, 0x01, 0x0b],
  ]);
  assert.deepEqual(assemble("i32.const 0xffffffff i32.const 64", {}), [
    ...[0x41, 0x7f, 0x41, 0xc0, 0x00],
  ]);
  assert.deepEqual(
    assemble("block i64 loop if end br_if 1 f64.load 200", {}),
    [0x02, 0x7e, 0x03, 0x40, 0x04, 0x40, 0x0b, 0x0d, 1, 0x2b, 3, 0xc8, 1],
  );
  assert.deepEqual(
    assemble("local.get $b call $g", { g: 300 }, ["a", "b"]),
    [0x20, 1, 0x10, 0xac, 0x02],
  );
  assert.throws(
    () => assemble("i32.perhaps", {}),
    /unknown instruction i32.perhaps/,
  );
  assert.throws(() => assemble("call $h", {}), /call of an unknown \$h/);
});
