/**
 * Calls that are data: the arguments of a call, and the constructors whose result
 * can be said without running anything.
 *
 * `range(3)`, `dict(a=1)`, `list('ab')`, `Counter({'a':2})` and the like are read
 * here; they are also how values without a literal of their own are printed.
 */

import { LiteralError } from "./literal.ts";
import {
  PythonDeque,
  PythonDict,
  PythonRange,
  PythonSet,
  PythonTuple,
  type PythonValue,
  PythonView,
  type ViewKind,
} from "./python_value.ts";

/** The arguments of a call: by place, and by name. */
export interface PythonCall {
  items: PythonValue[];
  keywords: [name: string, value: PythonValue][];
}

/** Makes the value of a call; `limit` is the most items that it may have. */
type Construction = (call: PythonCall, limit: number) => PythonValue;

const CONSTRUCTIONS: Record<string, Construction> = {
  float: ({ items }) => namedFloat(items),
  list: (call, limit) => contents(call, limit),
  tuple: (call, limit) => new PythonTuple(contents(call, limit)),
  set: (call, limit) => new PythonSet(contents(call, limit), false),
  frozenset: (call, limit) => new PythonSet(contents(call, limit), true),
  dict: (call, limit) => new PythonDict(entriesOf(call, limit)),
  OrderedDict: (call, limit) =>
    new PythonDict(entriesOf(call, limit), "OrderedDict"),
  Counter: counter,
  deque,
  range,
  dict_keys: (call, limit) => view("dict_keys", call, limit),
  dict_values: (call, limit) => view("dict_values", call, limit),
  dict_items: (call, limit) => view("dict_items", call, limit),
  odict_keys: (call, limit) => view("dict_keys", call, limit),
  odict_values: (call, limit) => view("dict_values", call, limit),
  odict_items: (call, limit) => view("dict_items", call, limit),
};

/** Tells whether a name is that of a constructor which {@link construct} knows. */
export function isConstructor(name: string): boolean {
  return Object.hasOwn(CONSTRUCTIONS, name);
}

/** Returns the value of `name(…)`. Throws a LiteralError where Python would raise, or only running could tell. */
export function construct(
  name: string,
  call: PythonCall,
  limit: number,
): PythonValue {
  return CONSTRUCTIONS[name](call, limit);
}

/** Returns a defaultdict, whose factory has been read as a name. */
export function defaultDict(
  factory: string,
  call: PythonCall,
  limit: number,
): PythonDict {
  return new PythonDict(entriesOf(call, limit), "defaultdict", factory);
}

/** Returns the items of an iteration over a value. */
export function itemsOf(
  value: PythonValue,
  limit: number,
): readonly PythonValue[] {
  if (typeof value === "string") return [...value];
  if (Array.isArray(value)) return value;
  if (value instanceof PythonDict) return value.entries.map(([key]) => key);
  if (value instanceof PythonRange) return integers(value, limit);
  const isContainer = value instanceof PythonTuple ||
    value instanceof PythonSet || value instanceof PythonDeque ||
    value instanceof PythonView;
  if (!isContainer) throw new LiteralError("no list, tuple, set or the like");
  return value.items;
}

function integers(range: PythonRange, limit: number): bigint[] {
  if (range.length > BigInt(limit)) {
    throw new LiteralError(`more than ${limit} values`);
  }
  return Array.from(
    { length: Number(range.length) },
    (_, i) => range.start + BigInt(i) * range.step,
  );
}

/** Returns the items of the one argument that a collection is made of; none without it. */
function contents(
  { items, keywords }: PythonCall,
  limit: number,
): PythonValue[] {
  if (items.length > 1 || keywords.length > 0) {
    throw new LiteralError("takes one list, tuple, set or the like");
  }
  return items.length === 0 ? [] : [...itemsOf(items[0], limit)];
}

/** Of `dict(…)`: a dict or pairs, then keywords. */
function entriesOf(
  { items, keywords }: PythonCall,
  limit: number,
): [PythonValue, PythonValue][] {
  if (items.length > 1) throw new LiteralError("takes one dict or list");
  const [source] = items;
  const given = source === undefined
    ? []
    : source instanceof PythonDict
    ? source.entries.map(([key, value]) => [key, value] as const)
    : itemsOf(source, limit).map((pair) => {
      const parts = itemsOf(pair, limit);
      if (parts.length !== 2) throw new LiteralError("a pair is expected");
      return [parts[0], parts[1]] as const;
    });
  return [
    ...given.map(([key, value]): [PythonValue, PythonValue] => [
      key,
      value,
    ]),
    ...keywords,
  ];
}

/** Counts are given, never counted: `Counter('aab')` has to run. */
function counter(call: PythonCall, limit: number): PythonDict {
  const [source] = call.items;
  if (source !== undefined && !(source instanceof PythonDict)) {
    throw new LiteralError("Counter takes a dict");
  }
  return new PythonDict(entriesOf(call, limit), "Counter");
}

function deque({ items, keywords }: PythonCall, limit: number): PythonDeque {
  const [source, byPlace] = items;
  const [[name, byName] = ["maxlen", null], ...others] = keywords;
  const maximum = byPlace ?? byName;
  const isRight = items.length <= 2 && others.length === 0 &&
    name === "maxlen" && (byPlace === undefined || keywords.length === 0) &&
    (maximum === null || (typeof maximum === "bigint" && maximum >= 0n));
  if (!isRight) throw new LiteralError("deque takes items and a maxlen");
  const all = source === undefined ? [] : [...itemsOf(source, limit)];
  if (maximum === null) return new PythonDeque(all);
  const kept = Math.min(all.length, Number(maximum));
  return new PythonDeque(all.slice(all.length - kept), maximum);
}

function range({ items, keywords }: PythonCall): PythonRange {
  const bounds = items.map((item) => {
    if (typeof item === "boolean") return item ? 1n : 0n;
    if (typeof item !== "bigint") {
      throw new LiteralError("range takes integers");
    }
    return item;
  });
  if (bounds.length < 1 || bounds.length > 3 || keywords.length > 0) {
    throw new LiteralError("range takes one to three integers");
  }
  const [start, stop, step = 1n] = bounds;
  return stop === undefined
    ? new PythonRange(0n, start, 1n)
    : new PythonRange(start, stop, step);
}

function view(kind: ViewKind, call: PythonCall, limit: number): PythonView {
  const items = contents(call, limit);
  const isPairs = items.every((item) =>
    item instanceof PythonTuple && item.items.length === 2
  );
  if (kind === "dict_items" && !isPairs) {
    throw new LiteralError("dict_items holds pairs");
  }
  return new PythonView(kind, items);
}

function namedFloat(items: readonly PythonValue[]): number {
  const name = items.length === 1 && typeof items[0] === "string"
    ? items[0].trim().toLowerCase()
    : "";
  const match = /^([+-]?)(nan|inf|infinity)$/.exec(name);
  if (!match) throw new LiteralError("float takes 'nan', 'inf' or '-inf'");
  const magnitude = match[2] === "nan" ? NaN : Infinity;
  return match[1] === "-" ? -magnitude : magnitude;
}
