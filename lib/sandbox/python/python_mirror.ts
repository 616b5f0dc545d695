/**
 * The second image: an interpreter in which everything that differs from run to
 * run of CPython differs on purpose.
 *
 * Two hash seeds drawn at random would leave the order of two items alone every
 * other time. So the hash h of a text, of bytes and of an address is another one
 * where the exported global `__mirror` is -1, such that a set is walked backwards.
 * An item's place in the table is the end of h, i = h mod 2ᵏ; after a collision it
 * is 5i + 1 + p, where p is h without its last five bits, and so on. If the last
 * five bits d become 31 - d and all other groups of five bits 2 - d modulo 32,
 * then each place i becomes 2ᵏ - 1 - i in sets of up to four items, and nearly
 * always in larger ones.
 *
 * Addresses are moved: the numbers of `id()` and of reprs here, the objects
 * themselves by what the boot allocates first.
 *
 * Source: CPython 3.14, `Py_HashBuffer`, `Py_HashPointer`, `set_add_entry`,
 * `PyLong_FromVoidPtr`, `unicode_fromformat_arg`.
 */

import type { AddedFunction, Exchange } from "../wasm/patch.ts";

export const MIRROR_EXPORT = "__mirror";
/** What the boot of the mirror image allocates before anything else. */
export const MOVED_BYTES = 1_234_576;

/** Added to addresses that a program can see. */
const SHOWN_FURTHER = 0x00a1_2340;
/** Address of the text `%p`, the format for addresses in reprs. */
const ADDRESS_FORMAT = 113833;

/** In groups of five bits from the second on: 3, and the highest bit. */
const GROUPS = [5, 10, 15, 20, 25, 30];
const THREES = GROUPS.reduce((sum, at) => sum + 3 * 2 ** at, 0) % 2 ** 32;
const HIGHEST = GROUPS.slice(0, -1).reduce((sum, at) => sum + 2 ** (at + 4), 0);

const moved = (address: string) =>
  `${address} global.get $mirror i32.const ${SHOWN_FURTHER} i32.and i32.add`;

export const MIRROR_FUNCTIONS: readonly AddedFunction[] = [
  {
    name: "mirrored",
    parameters: { hash: "i32" },
    result: "i32",
    variables: { other: "i32" },
    code: `
      global.get $mirror i32.eqz if local.get $hash return end
      ;; 2 - d is 3 more than all bits of d turned; no group carries into the next
      local.get $hash i32.const -1 i32.xor local.tee $other
      i32.const ${~HIGHEST} i32.and i32.const ${THREES} i32.add
      local.get $other i32.const ${HIGHEST} i32.and i32.xor local.set $other
      i32.const -2 local.get $other local.get $other i32.const -1 i32.eq select`,
  },
  {
    name: "Py_HashBuffer",
    replaces: 4705,
    parameters: { address: "i32", length: "i32" },
    result: "i32",
    variables: { hash: "i32" },
    code: `
      local.get $address local.get $length call $old_Py_HashBuffer local.set $hash
      local.get $hash call $mirrored local.get $hash
      local.get $length select ;; that of nothing is 0 in each run`,
  },
  {
    name: "Py_HashPointer",
    replaces: 4704,
    parameters: { address: "i32" },
    result: "i32",
    code: "local.get $address call $old_Py_HashPointer call $mirrored",
  },
  {
    name: "PyLong_FromVoidPtr",
    replaces: 1998,
    parameters: { address: "i32" },
    result: "i32",
    code: `${moved("local.get $address")} call $old_PyLong_FromVoidPtr`,
  },
  {
    name: "siprintf",
    replaces: 14245,
    parameters: { buffer: "i32", format: "i32", list: "i32" },
    result: "i32",
    code: `
      local.get $format i32.const ${ADDRESS_FORMAT} i32.eq
      if
        local.get $list ${moved("local.get $list i32.load 0")} i32.store 0
      end
      local.get $buffer local.get $format local.get $list call $old_siprintf`,
  },
];

/** `builtin_id`, into which the compiler has copied `PyLong_FromVoidPtr`. */
export const MIRROR_EXCHANGES: readonly Exchange[] = [
  {
    function: 3758,
    from: "call $PyLong_FromUInt32",
    to: ["call $PyLong_FromVoidPtr"],
  },
];
export const MIRROR_NAMES = { PyLong_FromUInt32: 1975 };
