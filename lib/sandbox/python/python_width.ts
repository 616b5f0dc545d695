/**
 * Sizes beyond 2³¹: where CPython on 64 bits would count on and an interpreter of
 * 32 bits can not, the run is refused by name.
 *
 * CPython turns an integer into a size in one function. Here that function leaves
 * a number in the exported global `__refusal` and traps, which no program can
 * catch, if the integer fits into 64 bits and not into 32. Slices cut a too large
 * bound to the largest size, on both widths with the same result, and go on.
 *
 * Source: CPython 3.14, `PyLong_AsSsize_t`, `PyLong_AsLong`, `PyNumber_AsSsize_t`,
 * `_PySys_GetSizeOf`, `long_lshift_int64`, `_PyUnicode_FormatAdvancedWriter`,
 * `int_to_bytes`, `context_setprec` and their like, `memory_cast`.
 */

import type { AddedFunction, Exchange } from "../wasm/patch.ts";
import { REFUSED_HASH } from "./python_hash_places.ts";

export const REFUSAL_EXPORT = "__refusal";
const REFUSED_SIZE = 1;
const REFUSED_MEMORY_SIZE = 3;
export const REFUSED_DEPTH = 4;

/** Why a run was refused, by the number in `__refusal`. */
export const REFUSALS: Readonly<Record<number, string>> = {
  [REFUSED_SIZE]: "it counts beyond 2^31, which this interpreter can not",
  [REFUSED_HASH]: "hash of this type differs from CPython's",
  [REFUSED_DEPTH]: "its calls are nested too deeply for this interpreter",
  [REFUSED_MEMORY_SIZE]: "sizes in memory differ from CPython's",
};

export const WIDTH_NAMES = { PyErr_Occurred: 4130, _PyNumber_Index: 867 };

const refuse = (number: number) =>
  `i32.const ${number} global.set $refusal unreachable`;
/** Whether the object is an integer: a flag of its type. */
const IS_INTEGER = "i32.load 4 i32.load8_u 87 i32.const 1 i32.and";

const converting = (name: string, replaces: number): AddedFunction => ({
  name,
  replaces,
  parameters: { object: "i32" },
  result: "i32",
  variables: { size: "i32" },
  code: `
    local.get $object call $old_${name} local.tee $size i32.const -1 i32.ne
    if local.get $size return end
    call $PyErr_Occurred
    if
      local.get $object
      if
        local.get $object ${IS_INTEGER}
        if local.get $object call $fits_64 if ${refuse(REFUSED_SIZE)} end end
      end
    end
    i32.const -1`,
});

/** `MPD_Clamped | MPD_Inexact | MPD_Rounded`. */
const DECIMAL_INEXACT = 0x1041;

/** Put in the place of all methods `__sizeof__` by the build of the image. */
export const REFUSE_SIZE_EXPORT = "__refuse_sizeof";

export const WIDTH_FUNCTIONS: readonly AddedFunction[] = [
  {
    name: "refuse_sizeof",
    exported: REFUSE_SIZE_EXPORT,
    parameters: { object: "i32", nothing: "i32" },
    result: "i32",
    code: refuse(REFUSED_MEMORY_SIZE),
  },
  {
    name: "native_format", // of a memoryview: a letter whose size differs
    parameters: { letter: "i32" },
    result: "i32",
    code: `
      ${
      [..."lLnNP"].map((letter, i) =>
        `local.get $letter i32.const ${letter.charCodeAt(0)} i32.eq
         ${i > 0 ? "i32.or" : ""}`
      ).join(" ")
    }
      if ${refuse(REFUSED_MEMORY_SIZE)} end
      local.get $letter`,
  },
  {
    name: "exact", // of a decimal, the flags clamped, inexact and rounded
    parameters: { status: "i32" },
    result: "i32",
    code: `
      local.get $status i32.const ${DECIMAL_INEXACT} i32.and
      if ${refuse(REFUSED_SIZE)} end
      local.get $status`,
  },
  {
    name: "fits_64", // at most two digits of 30 bits, or a third of three bits
    parameters: { object: "i32" },
    result: "i32",
    variables: { digits: "i32" },
    code: `
      local.get $object i32.load 8 i32.const 3 i32.shr_u local.tee $digits
      i32.const 3 i32.lt_u if i32.const 1 return end
      local.get $digits i32.const 3 i32.ne if i32.const 0 return end
      local.get $object i32.load 20 i32.const 8 i32.lt_u`,
  },
  converting("PyLong_AsSsize_t", 1981),
  converting("PyLong_AsLong", 1979),
  {
    name: "PyNumber_AsSsize_t", // without an error to raise, it cuts
    replaces: 865,
    parameters: { item: "i32", error: "i32" },
    result: "i32",
    variables: { object: "i32", size: "i32", tag: "i32" },
    code: `
      local.get $error
      if local.get $item local.get $error call $old_PyNumber_AsSsize_t return end
      local.get $item call $_PyNumber_Index local.tee $object i32.eqz
      if i32.const -1 return end
      local.get $object i32.load 8 local.set $tag
      local.get $tag i32.const 24 i32.ge_u ;; three digits, or two of 31 bits
      if i32 i32.const 1
      else
        local.get $tag i32.const 16 i32.ge_u
        if i32 local.get $object i32.load 16 i32.const 2 i32.ge_u
        else i32.const 0 end
      end
      if
        i32.const 0x80000000 i32.const 0x7fffffff
        local.get $tag i32.const 3 i32.and i32.const 2 i32.eq select
        local.set $size
      else local.get $object call $old_PyLong_AsSsize_t local.set $size end
      local.get $object call $Py_DecRef
      local.get $size`,
  },
  {
    name: "_PySys_GetSizeOf",
    replaces: 4971,
    parameters: { object: "i32" },
    result: "i32",
    variables: { type: "i32" },
    // A list grows alike on both widths: 56 bytes on 64 bits, and 8 for each place.
    code: `
      local.get $object i32.load 4 local.tee $type
      i32.load 12 i32.load 0 i32.const 0x7473696c i32.eq ;; "list"
      local.get $type i32.load 12 i32.load8_u 4 i32.eqz i32.and
      local.get $type i32.load8_u 85 i32.const 2 i32.and i32.eqz i32.and ;; no class
      if
        local.get $object i32.load 16 i32.const 3 i32.shl i32.const 56 i32.add
        return
      end
      ${refuse(REFUSED_MEMORY_SIZE)}`,
  },
];

const ifFits = (object: number) =>
  `local.get ${object} call $fits_64 if ${refuse(REFUSED_SIZE)} end`;
const ifMore = (local: number) =>
  `local.get ${local} i32.const 0 i32.gt_s if ${refuse(REFUSED_SIZE)} end`;
const ifLess = (local: number) =>
  `local.get ${local} i32.const 0 i32.lt_s if ${refuse(REFUSED_SIZE)} end`;
const instead = refuse(REFUSED_SIZE);

/**
 * Errors that 32 bits alone raise: the function, the address of the error's text,
 * and the code that refuses the run before that text is used.
 */
const ERRORS: [index: number, text: number, check: string][] = [
  [2036, 104553, instead], // long_lshift_int64: too many digits in integer
  [1971, 104553, instead], // long_alloc: the same
  [3417, 156500, instead], // autonumber_state: too many decimal digits
  [5159, 156500, instead], // get_integer of a format: the same
  ...[[3320, 161286], [3320, 161268], [1121, 161286], [1121, 161300]].map((
    [index, text],
  ): [number, number, string] => [index, text, instead]), // %: width too big
  [2089, 41664, ifFits(5)], // int.to_bytes: too large to convert
  [6416, 220062, ifFits(1)], // math.factorial: should not exceed
  [6513, 252989, ifMore(1)], // decimal's contexts: valid range for prec
  [6515, 253644, ifLess(1)], // for Emin
  [6516, 252794, ifMore(1)], // for Emax
  [6508, 252989, ifMore(10)], // the three when one is made
  [6508, 253644, ifLess(2)],
  [6508, 252794, ifMore(2)],
];

export const WIDTH_EXCHANGES: readonly Exchange[] = [
  // range_iter and range_reverse turn to long integers when a bound does not fit.
  ...[2620, 2636].map((index) => ({
    function: index,
    from: "call $PyLong_AsLong",
    to: Array(3).fill("call $old_PyLong_AsLong"),
  })),
  ...ERRORS.map(([index, text, check]) => ({
    function: index,
    from: `i32.const ${text}`,
    to: [`${check} i32.const ${text}`],
  })),
  // Decimals made exactly from an integer or a text: from 425,000,000 on not here.
  ...[6525, 6531].map((index) => ({
    function: index,
    from: `i32.const ${DECIMAL_INEXACT} i32.and`,
    to: [`call $exact i32.const ${DECIMAL_INEXACT} i32.and`],
  })),
  {
    function: 2329, // memoryview.cast
    from: "local.tee 7 i32.const 63 i32.sub",
    to: ["local.tee 7 call $native_format i32.const 63 i32.sub"],
  },
];
