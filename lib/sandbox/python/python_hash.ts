/**
 * CPython's hashes as they are on 64 bits, inside of an interpreter of 32 bits.
 *
 * A hash is what `hash()` says, and it decides in which order a set is walked. The
 * functions here compute it in 64 bits: `hash()` and `__hash__` give all of it, and
 * the interpreter's own tables, whose entries hold 32 bits, get the lower half.
 * A set looks for a free place with the hash shifted right by five bits at a time.
 * So the lower half alone gives CPython's order for five collisions in a row. For
 * numbers the upper half is computed again; for other keys what would be shifted
 * in beyond that differs between the two images.
 *
 * Types: integers, floats, complex numbers, decimals, tuples, frozensets, None, and
 * classes that define `__hash__`. For texts, bytes and addresses, whose hash differs from
 * run to run in CPython too, see `python_mirror.ts`; `hash()` of others refuses.
 *
 * Source: CPython 3.14, `long_hash`, `_Py_HashDouble`, `complex_hash`, `tuple_hash`,
 * `frozenset_hash`, `slot_tp_hash`, `set_add_entry`.
 */

import type { AddedFunction, Exchange } from "../wasm/patch.ts";

/** Functions of the module by their names in CPython, most of them not exported. */
const AT = {
  builtin_hash: 3756,
  dec_hash: 6522,
  frozenset_hash: 2667,
  long_hash: 2045,
  slot_tp_hash: 2968,
  tuple_hash: 2779,
  wrap_hashfunc: 2969,
  _Py_HashDouble: 4703,
};
/**
 * `set_add_entry` and others that walk the table of a set: the number of parameters,
 * and the variables that hold the key and the hash wherever the hash is shifted.
 */
const SET_FUNCTIONS = [
  { index: 2647, parameters: 3, held: [[1, 2]] }, // set_add_entry
  { index: 2648, parameters: 2, held: [[11, 10], [12, 11]] }, // set_table_resize
  { index: 2653, parameters: 3, held: [[1, 2]] }, // set_lookkey
  { index: 2686, parameters: 2, held: [[8, 10]] }, // set_merge
];

/** Places in the function table, as the slot `tp_hash` of a type holds them. */
const SLOTS = {
  ...{ long: 915, float: 716, tuple: 1255, frozenset: 1208 },
  ...{ complex: 422, none: 1095, method: 1351, decimal: 3289 },
};
const NUMBERS = [SLOTS.long, SLOTS.float, SLOTS.complex, SLOTS.none];
/** Those of texts, bytes and addresses. */
const CHANGING_SLOTS = [1512, 1585, 339, 1343, 1066, 368];
const HASH_SLOT = 60;

export const HASH_NAMES = {
  ...{ slot_tp_hash: AT.slot_tp_hash, PyLong_AsSsize_t: 1981 },
  ...{ PyObject_Hash: 2441, PyLong_FromLongLong: 2000, Py_DecRef: 1287 },
  ...{ PyObject_GetAttrString: 2442, PyObject_CallNoArgs: 1203 },
  ...{ PyNumber_Power: 908, PyNumber_Multiply: 903 },
};
/** What `__hash__` of a class returned last, in 64 bits. */
export const HASH_GLOBALS = ["wide_low", "wide_high"];
/** Left by whoever traps: why the run is refused; see `python_width.ts`. */
export const REFUSED_HASH = 2;

const MODULUS = 2n ** 61n - 1n;
const PRIME_1 = 11400714785074694791n;
const PRIME_2 = 14029467366897019727n;
const PRIME_5 = 2870177450012600261n;
/** For a lower half of -1, which would mean an error: one of its highest bits is off. */
const INSTEAD_OF_ERROR = -1 - 2 ** 30;
/** `_PySet_Dummy`, which marks the place of a removed item. */
const DUMMY = 3211504;
/** Of the text `as_integer_ratio`. */
const RATIO_NAME = 114958;

const isOneOf = (name: string, values: readonly number[]) =>
  values.map((value, i) =>
    `local.get $${name} i32.const ${value} i32.eq ${i > 0 ? "i32.or" : ""}`
  ).join(" ");
const when = (slot: number, then: string) =>
  `local.get $slot i32.const ${slot} i32.eq if ${then} return end\n`;

/** Of an integer object: modulo 2⁶¹ - 1, with its sign. Digits have 30 bits. */
const HASH_INTEGER: AddedFunction = {
  name: "hash_integer",
  parameters: { object: "i32" },
  result: "i64",
  variables: { tag: "i32", left: "i32", hash: "i64" },
  code: `
    local.get $object i32.load 8 local.tee $tag i32.const 15 i32.le_u
    if
      local.get $object i32.load 12 i64.extend_i32_u local.set $hash
    else
      local.get $tag i32.const 3 i32.shr_u local.set $left
      loop
        local.get $hash i64.const 30 i64.shl i64.const ${MODULUS} i64.and
        local.get $hash i64.const 31 i64.shr_u i64.or
        local.get $object local.get $left i32.const 2 i32.shl i32.add
        i32.load 8 i64.extend_i32_u i64.add local.tee $hash
        i64.const ${MODULUS} i64.sub local.get $hash
        local.get $hash i64.const ${MODULUS} i64.ge_u select local.set $hash
        local.get $left i32.const 1 i32.sub local.tee $left br_if 0
      end
    end
    i64.const 1 local.get $tag i32.const 3 i32.and i64.extend_i32_u i64.sub
    local.get $hash i64.mul call $settled`,
};

/**
 * Of a double: its 53 bits times a power of two, which modulo 2⁶¹ - 1 is a rotation.
 * Infinities have a hash of their own; NaN has that of its object's address.
 */
const HASH_DOUBLE: AddedFunction = {
  name: "hash_double",
  parameters: { object: "i32", value: "f64" },
  result: "i64",
  variables: { bits: "i64", exponent: "i64", hash: "i64", turn: "i64" },
  code: `
    local.get $value i64.reinterpret_f64 local.tee $bits
    i64.const 52 i64.shr_u i64.const 2047 i64.and local.set $exponent
    local.get $bits i64.const ${2n ** 52n - 1n} i64.and local.set $hash
    local.get $exponent i64.const 2047 i64.eq
    if
      local.get $hash i64.eqz
      if i64.const 314159 local.set $hash
      else local.get $object call $Py_HashPointer i64.extend_i32_s return end
    else
      local.get $exponent i64.eqz
      if i64.const 1 local.set $exponent
      else
        local.get $hash i64.const ${2n ** 52n} i64.or local.set $hash
      end
      ;; the value is hash * 2 ** (exponent - 1075); -1075 is 23 modulo 61
      local.get $exponent i64.const ${61 - 1075 % 61} i64.add
      i64.const 61 i64.rem_u local.set $turn
      local.get $hash local.get $turn i64.shl i64.const ${MODULUS} i64.and
      local.get $hash i64.const 61 local.get $turn i64.sub i64.shr_u i64.or
      local.set $hash
    end
    i64.const 0 local.get $hash i64.sub local.get $hash
    local.get $bits i64.const 0 i64.lt_s select call $settled`,
};

/** `hash(real) + 1000003 * hash(imaginary)`. */
const HASH_COMPLEX: AddedFunction = {
  name: "hash_complex",
  parameters: { object: "i32" },
  result: "i64",
  code: `
    local.get $object local.get $object f64.load 8 call $hash_double
    local.get $object local.get $object f64.load 16 call $hash_double
    i64.const 1000003 i64.mul i64.add call $settled`,
};

const HASH_TUPLE: AddedFunction = {
  name: "hash_tuple",
  parameters: { object: "i32" },
  result: "i64",
  variables: { at: "i32", length: "i32", hash: "i64", item: "i64" },
  code: `
    i64.const ${PRIME_5} local.set $hash
    local.get $object i32.load 8 local.set $length
    loop
      local.get $at local.get $length i32.lt_s
      if
        local.get $object local.get $at i32.const 2 i32.shl i32.add
        i32.load 16 call $hash_object
        local.tee $item i64.const -1 i64.eq if i64.const -1 return end
        local.get $item i64.const ${PRIME_2} i64.mul
        local.get $hash i64.add i64.const 31 i64.rotl
        i64.const ${PRIME_1} i64.mul local.set $hash
        local.get $at i32.const 1 i32.add local.set $at
        br 1
      end
    end
    local.get $length i64.extend_i32_u i64.const ${PRIME_5 ^ 3527539n} i64.xor
    local.get $hash i64.add local.tee $hash
    i64.const 1546275796 local.get $hash i64.const -1 i64.ne select`,
};

/** Over the table's places. A class's own `__hash__` is asked again for all 64 bits. */
const HASH_FROZENSET: AddedFunction = {
  name: "hash_frozenset",
  parameters: { object: "i32" },
  result: "i64",
  variables: {
    entry: "i32",
    last: "i32",
    key: "i32",
    item: "i64",
    hash: "i64",
  },
  code: `
    local.get $object i32.load 20 local.tee $entry
    local.get $object i32.load 16 i32.const 3 i32.shl i32.add local.set $last
    loop
      local.get $entry i32.load 0 local.tee $key
      if
        local.get $key i32.const ${DUMMY} i32.ne
        if
          local.get $key call $hash_object local.tee $item i64.const -1 i64.eq
          if i64.const -1 return end
          local.get $item local.get $item i64.const 16 i64.shl i64.xor
          i64.const 89869747 i64.xor i64.const 3644798167 i64.mul
          local.get $hash i64.xor local.set $hash
        end
      end
      local.get $entry i32.const 8 i32.add local.tee $entry
      local.get $last i32.le_u br_if 0
    end
    local.get $object i32.load 12 i64.extend_i32_u i64.const 1 i64.add
    i64.const 1927868237 i64.mul local.get $hash i64.xor local.tee $hash
    i64.const 11 i64.shr_u local.get $hash i64.const 25 i64.shr_u i64.xor
    local.get $hash i64.xor i64.const 69069 i64.mul
    i64.const 907133923 i64.add local.set $hash
    i64.const 590923713 local.get $hash local.get $hash i64.const -1 i64.eq select`,
};

/**
 * Of a decimal: numerator times the inverse of the denominator, modulo 2⁶¹ - 1.
 * Infinities and NaN, by the flags of their number, have what they had.
 */
const HASH_DECIMAL: AddedFunction = {
  name: "hash_decimal",
  parameters: { object: "i32" },
  result: "i64",
  variables: { method: "i32", ratio: "i32", product: "i32", hash: "i64" },
  code: `
    local.get $object i32.load8_u 12 i32.const 14 i32.and
    if local.get $object call $old_dec_hash i64.extend_i32_s return end
    local.get $object i32.const ${RATIO_NAME} call $PyObject_GetAttrString
    local.tee $method i32.eqz if i64.const -1 return end
    local.get $method call $PyObject_CallNoArgs local.set $ratio
    local.get $method call $Py_DecRef
    local.get $ratio i32.eqz if i64.const -1 return end
    local.get $ratio i32.load 20
    i64.const ${MODULUS - 2n} call $PyLong_FromLongLong
    i64.const ${MODULUS} call $PyLong_FromLongLong
    call $PyNumber_Power local.tee $product i32.eqz
    if i64.const -1 return end
    local.get $ratio i32.load 16 local.get $product call $PyNumber_Multiply
    local.tee $product i32.eqz if i64.const -1 return end
    local.get $product call $hash_integer local.set $hash
    local.get $product call $Py_DecRef local.get $ratio call $Py_DecRef
    local.get $hash`,
};

/** By the slot `tp_hash` of the type; -1, with the exception set, if it failed. */
const HASH_BY: AddedFunction = {
  name: "hash_by",
  parameters: { slot: "i32", object: "i32" },
  result: "i64",
  code: [
    when(SLOTS.long, "local.get $object call $hash_integer"),
    when(SLOTS.tuple, "local.get $object call $hash_tuple"),
    when(
      SLOTS.float,
      "local.get $object local.get $object f64.load 8 call $hash_double",
    ),
    when(SLOTS.none, "i64.const 0xfca86420"),
    when(SLOTS.frozenset, "local.get $object call $hash_frozenset"),
    when(SLOTS.complex, "local.get $object call $hash_complex"),
    when(SLOTS.decimal, "local.get $object call $hash_decimal"),
    when(
      SLOTS.method,
      `local.get $object call $slot_tp_hash i32.const -1 i32.eq
      if i64.const -1 return end call $wide_hash`,
    ),
    `local.get $object call $PyObject_Hash i64.extend_i32_s`,
  ].join(""),
};

/**
 * Of a key in a set, from the half that the set holds. Numbers are hashed again. For
 * other keys, whose hash may be work of the program, the upper half is taken for
 * the sign of the lower one, or in the mirror image for the opposite.
 */
const WHOLE_HASH: AddedFunction = {
  name: "whole_hash",
  parameters: { key: "i32", half: "i32" },
  result: "i64",
  variables: { slot: "i32" },
  code: `
    local.get $key i32.load 4 i32.load ${HASH_SLOT} local.set $slot
    ${isOneOf("slot", NUMBERS)}
    if local.get $slot local.get $key call $hash_by return end
    i32.const -1 local.get $half
    local.get $half i32.const ${INSTEAD_OF_ERROR} i32.eq select i64.extend_i32_s
    global.get $mirror i64.extend_i32_s i64.const 32 i64.shl i64.xor`,
};

const HASH_OBJECT: AddedFunction = {
  name: "hash_object",
  parameters: { object: "i32" },
  result: "i64",
  code: `local.get $object i32.load 4 i32.load ${HASH_SLOT}
    local.get $object call $hash_by`,
};

/**
 * Of what `__hash__` of a class returned: itself if it fits into 64 bits. The lower
 * half is the result, all of it is left in the globals.
 */
const METHOD_HASH: AddedFunction = {
  name: "method_hash",
  parameters: { object: "i32" },
  result: "i32",
  variables: { tag: "i32", digits: "i32", hash: "i64" },
  code: `
    local.get $object i32.load 8 local.tee $tag i32.const 3 i32.shr_u
    local.set $digits
    local.get $object call $fits_64
    if i64
      local.get $object i32.load 12 i64.extend_i32_u local.set $hash
      local.get $digits i32.const 2 i32.ge_u
      if
        local.get $object i32.load 16 i64.extend_i32_u i64.const 30 i64.shl
        local.get $hash i64.add local.set $hash
      end
      local.get $digits i32.const 3 i32.ge_u
      if
        local.get $object i32.load 20 i64.extend_i32_u i64.const 60 i64.shl
        local.get $hash i64.add local.set $hash
      end
      i64.const 1 local.get $tag i32.const 3 i32.and i64.extend_i32_u i64.sub
      local.get $hash i64.mul call $settled
    else local.get $object call $hash_integer end
    local.tee $hash i32.wrap_i64 global.set $wide_low
    local.get $hash i64.const 32 i64.shr_u i32.wrap_i64 global.set $wide_high
    local.get $hash call $low`,
};

const HELPERS: AddedFunction[] = [
  {
    name: "settled", // -1 means an error
    parameters: { hash: "i64" },
    result: "i64",
    code: `i64.const -2 local.get $hash
      local.get $hash i64.const -1 i64.eq select`,
  },
  {
    name: "low", // not -1 either
    parameters: { hash: "i64" },
    result: "i32",
    code: `i32.const ${INSTEAD_OF_ERROR} local.get $hash i32.wrap_i64
      local.get $hash i32.wrap_i64 i32.const -1 i32.eq select`,
  },
  {
    name: "wide_hash",
    parameters: {},
    result: "i64",
    code: `global.get $wide_low i64.extend_i32_u
      global.get $wide_high i64.extend_i32_u i64.const 32 i64.shl i64.or`,
  },
];

/** In place of the interpreter's own. */
const REPLACEMENTS: AddedFunction[] = [
  {
    name: "long_hash",
    replaces: AT.long_hash,
    parameters: { object: "i32" },
    result: "i32",
    code: "local.get $object call $hash_integer call $low",
  },
  {
    name: "_Py_HashDouble",
    replaces: AT._Py_HashDouble,
    parameters: { object: "i32", value: "f64" },
    result: "i32",
    code: "local.get $object local.get $value call $hash_double call $low",
  },
  {
    name: "tuple_hash", // a tuple keeps its hash; the empty one is born with one
    replaces: AT.tuple_hash,
    parameters: { object: "i32" },
    result: "i32",
    variables: { kept: "i32", hash: "i64" },
    code: `
      local.get $object i32.load 12 local.tee $kept i32.const -1 i32.ne
      i32.const 0 local.get $object i32.load 8 select
      if local.get $kept return end
      local.get $object call $hash_tuple local.tee $hash i64.const -1 i64.eq
      if i32.const -1 return end
      local.get $object local.get $hash call $low local.tee $kept i32.store 12
      local.get $kept`,
  },
  {
    name: "frozenset_hash", // so does a frozenset
    replaces: AT.frozenset_hash,
    parameters: { object: "i32" },
    result: "i32",
    variables: { kept: "i32", hash: "i64" },
    code: `
      local.get $object i32.load 24 local.tee $kept i32.const -1 i32.ne
      if local.get $kept return end
      local.get $object call $hash_frozenset local.tee $hash i64.const -1 i64.eq
      if i32.const -1 return end
      local.get $object local.get $hash call $low local.tee $kept i32.store 24
      local.get $kept`,
  },
  {
    name: "dec_hash", // and a decimal
    replaces: AT.dec_hash,
    parameters: { object: "i32" },
    result: "i32",
    variables: { kept: "i32", hash: "i64" },
    code: `
      local.get $object i32.load 8 local.tee $kept i32.const -1 i32.ne
      if local.get $kept return end
      local.get $object call $hash_decimal local.tee $hash i64.const -1 i64.eq
      if i32.const -1 return end
      local.get $object local.get $hash call $low local.tee $kept i32.store 8
      local.get $kept`,
  },
  {
    name: "builtin_hash",
    replaces: AT.builtin_hash,
    parameters: { module: "i32", object: "i32" },
    result: "i32",
    variables: { slot: "i32", hash: "i64" },
    code: `
      local.get $object i32.load 4 i32.load ${HASH_SLOT} local.tee $slot
      local.get $object call $hash_by local.tee $hash i64.const -1 i64.eq
      if i32.const 0 return end
      ${isOneOf("slot", [...Object.values(SLOTS), ...CHANGING_SLOTS])} i32.eqz
      if i32.const ${REFUSED_HASH} global.set $refusal unreachable end
      local.get $hash call $PyLong_FromLongLong`,
  },
  {
    name: "wrap_hashfunc", // and `wrap_lenfunc`, for the compiler merged them
    replaces: AT.wrap_hashfunc,
    parameters: { object: "i32", list: "i32", slot: "i32" },
    result: "i32",
    variables: { result: "i32" },
    code: `
      local.get $object local.get $list local.get $slot call $old_wrap_hashfunc
      local.tee $result i32.eqz if i32.const 0 return end
      ${isOneOf("slot", Object.values(SLOTS))} i32.eqz
      if local.get $result return end
      local.get $result call $Py_DecRef
      local.get $slot i32.const ${SLOTS.method} i32.eq
      if i64 call $wide_hash
      else local.get $slot local.get $object call $hash_by end
      call $PyLong_FromLongLong`,
  },
];

export const HASH_FUNCTIONS: readonly AddedFunction[] = [
  ...[HASH_INTEGER, HASH_DOUBLE, HASH_COMPLEX, HASH_TUPLE, HASH_FROZENSET],
  ...[HASH_DECIMAL, HASH_BY, WHOLE_HASH, HASH_OBJECT, METHOD_HASH],
  ...[...HELPERS, ...REPLACEMENTS],
];

/**
 * On the stack is the hash, shifted so far; it is the whole hash the first time. In
 * its place comes the 64-bit hash shifted by five bits more.
 */
const shifted = ([key, hash]: number[]) => `
  local.get ${hash} i32.eq
  if i32 i32.const 5 else local.get $shift i32.const 5 i32.add end
  local.tee $shift i32.const 63 i32.gt_u
  if i32 i32.const 0
  else
    local.get ${key} local.get ${hash} call $whole_hash
    local.get $shift i64.extend_i32_u i64.shr_u i32.wrap_i64
  end`;

export const HASH_EXCHANGES: readonly Exchange[] = [
  {
    function: AT.slot_tp_hash,
    from: "call $PyLong_AsSsize_t",
    to: ["call $method_hash"],
  },
  ...SET_FUNCTIONS.map(({ index, parameters, held }) => ({
    function: index,
    from: "i32.const 5 i32.shr_u",
    to: held.map(shifted),
    added: { parameters, variables: ["shift"] },
  })),
];
