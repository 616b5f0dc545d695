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

import type { AddedFunction } from "../wasm/patch.ts";

const MODULUS = 2n ** 61n - 1n;
const PRIME_1 = 11400714785074694791n;
const PRIME_2 = 14029467366897019727n;
const PRIME_5 = 2870177450012600261n;
/** `_PySet_Dummy`, which marks the place of a removed item. */
const DUMMY = 3211504;
/** Of the text `as_integer_ratio`. */
const RATIO_NAME = 114958;

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

/** Of values of one type each, as `i64`; -1, with the exception set, if it failed. */
export const VALUE_HASHES: readonly AddedFunction[] = [
  ...[HASH_INTEGER, HASH_DOUBLE, HASH_COMPLEX, HASH_TUPLE, HASH_FROZENSET],
  HASH_DECIMAL,
];
