/**
 * Where the module keeps what hashing is made of: numbers of functions, slots of
 * types. They are those of the one module whose hash `python_recipe.ts` checks.
 */

/** Functions of the module by their names in CPython, most of them not exported. */
export const AT = {
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
export const SET_FUNCTIONS = [
  { index: 2647, parameters: 3, held: [[1, 2]] }, // set_add_entry
  { index: 2648, parameters: 2, held: [[11, 10], [10, 11]] }, // set_table_resize
  { index: 2653, parameters: 3, held: [[1, 2]] }, // set_lookkey
  { index: 2686, parameters: 2, held: [[8, 10]] }, // set_merge
];

/** Places in the function table, as the slot `tp_hash` of a type holds them. */
export const SLOTS = {
  ...{ long: 915, float: 716, tuple: 1255, frozenset: 1208 },
  ...{ complex: 422, none: 1095, method: 1351, decimal: 3289 },
};
export const NUMBERS = [SLOTS.long, SLOTS.float, SLOTS.complex, SLOTS.none];
/** Those of texts, bytes and addresses. */
export const CHANGING_SLOTS = [1512, 1585, 339, 1343, 1066, 368];
/** Where a type keeps `tp_hash`. */
export const HASH_SLOT = 60;

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

/** For a lower half of -1, which would mean an error: one of its highest bits is off. */
export const INSTEAD_OF_ERROR = -1 - 2 ** 30;
