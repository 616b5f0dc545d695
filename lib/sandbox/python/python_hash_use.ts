/**
 * Who asks for hashes of 64 bits (`python_hash.ts`): the interpreter's own hash
 * functions, `hash()`, `__hash__`, and sets in search of a free place.
 */

import type { AddedFunction, Exchange } from "../wasm/patch.ts";
import { VALUE_HASHES } from "./python_hash.ts";
import {
  AT,
  CHANGING_SLOTS,
  HASH_SLOT,
  INSTEAD_OF_ERROR,
  NUMBERS,
  REFUSED_HASH,
  SET_FUNCTIONS,
  SLOTS,
} from "./python_hash_places.ts";

const isOneOf = (name: string, values: readonly number[]) =>
  values.map((value, i) =>
    `local.get $${name} i32.const ${value} i32.eq ${i > 0 ? "i32.or" : ""}`
  ).join(" ");
const when = (slot: number, then: string) =>
  `local.get $slot i32.const ${slot} i32.eq if ${then} return end\n`;

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
  ...[...VALUE_HASHES, HASH_BY, WHOLE_HASH, HASH_OBJECT, METHOD_HASH],
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
