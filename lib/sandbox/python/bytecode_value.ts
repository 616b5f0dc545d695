/**
 * Reads values that QuickJS serialised (`JS_WriteObject`) out of its memory.
 *
 * The bytes are shaped by a hostile program, so every read is bounded and every
 * unknown tag is refused. The format belongs to one engine version: the engine
 * checks a set of values at start-up and refuses to run with another.
 *
 * Left out: everything that is not data. Functions, symbols, typed arrays, dates
 * and the like have tags that are not listed here, or were refused by the writer.
 */

import type { DataObject, DataValue } from "../literals/literal_javascript.ts";
import { LiteralError, type LiteralLimits } from "../literals/literal.ts";

/** First byte of a serialised value in quickjs-wasi 3.6.2. */
const FORMAT_VERSION = 0x1c;
/** The version byte and a checksum of four bytes. */
const HEADER_BYTES = 5;

const TAG = {
  null: 1,
  undefined: 2,
  false: 3,
  true: 4,
  int32: 5,
  float64: 6,
  string: 7,
  object: 8,
  array: 9,
  bigint: 10,
  reference: 0x14,
  map: 0x15,
  set: 0x16,
};

/** Text of one of the engine's predefined atoms; null if it is a symbol. */
export type PredefinedAtom = (atom: number) => string | null;

/** Decodes one serialised value at a time. */
export class BytecodeValueReader {
  readonly #limits: LiteralLimits;
  readonly #predefined: PredefinedAtom;
  /** Number of the first atom that a serialised value brings itself. */
  #firstAtom = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #position = 0;
  #nodes = 0;
  #chars = 0;
  #atoms: (string | null)[] = [];
  #objects: DataValue[] = [];
  #open: boolean[] = [];

  constructor(limits: LiteralLimits, predefined: PredefinedAtom) {
    this.#limits = limits;
    this.#predefined = predefined;
  }

  /** Learns the first atom number from the bytes of an object with one new key. */
  learnFirstAtom(bytes: Uint8Array): void {
    this.#start(bytes);
    this.#readAtoms();
    this.#position++; // the object's tag
    this.#unsigned(); // its number of keys
    this.#firstAtom = this.#unsigned() / 2;
  }

  /** The value in `bytes`. Throws a LiteralError when it is not data or too large. */
  read(bytes: Uint8Array): DataValue {
    this.#start(bytes);
    if (bytes[0] !== FORMAT_VERSION) throw new LiteralError("unknown format");
    this.#readAtoms();
    return this.#value(0);
  }

  #start(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#position = HEADER_BYTES;
    this.#nodes = 0;
    this.#chars = 0;
    this.#atoms = [];
    this.#objects = [];
    this.#open = [];
  }

  #readAtoms(): void {
    const count = this.#unsigned();
    this.#countNodes(count);
    for (let i = 0; i < count; i++) this.#atoms.push(this.#readAtom());
  }

  #readAtom(): string | null {
    const kind = this.#byte();
    if (kind >= 0xc0) {
      return this.#predefined((kind & 63) | (this.#byte() << 6));
    }
    if (kind >= 0x80) return this.#predefined(kind & 63);
    const text = this.#string();
    return kind === 1 ? text : null; // other kinds are symbols
  }

  #value(depth: number): DataValue {
    this.#countNodes(1);
    if (depth > this.#limits.valueDepth) throw new LiteralError("too deep");
    const tag = this.#byte();
    switch (tag) {
      case TAG.null:
        return null;
      case TAG.undefined:
        return undefined;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.int32:
        return this.#signed();
      case TAG.float64:
        this.#position += 8;
        return this.#view.getFloat64(this.#position - 8, true);
      case TAG.string:
        return this.#string();
      case TAG.bigint:
        return this.#bigint();
      case TAG.object:
        return this.#object(depth);
      case TAG.array:
        return this.#array(depth);
      case TAG.map:
        return this.#map(depth);
      case TAG.set:
        return this.#set(depth);
      case TAG.reference:
        return this.#reference();
    }
    throw new LiteralError(`not data (tag ${tag})`);
  }

  #object(depth: number): DataValue {
    const object: DataObject = Object.create(null);
    const index = this.#begin(object);
    for (let left = this.#unsigned(); left > 0; left--) {
      const key = this.#key();
      const value = this.#value(depth + 1);
      if (key !== null) object[key] = value;
    }
    this.#open[index] = false;
    return object;
  }

  #array(depth: number): DataValue {
    const items: DataValue[] = [];
    const index = this.#begin(items);
    for (let left = this.#unsigned(); left > 0; left--) {
      items.push(this.#value(depth + 1));
    }
    this.#open[index] = false;
    return items;
  }

  #map(depth: number): DataValue {
    const map = new Map<DataValue, DataValue>();
    const index = this.#begin(map);
    for (let left = this.#unsigned(); left > 0; left--) {
      const key = this.#value(depth + 1);
      map.set(key, this.#value(depth + 1));
    }
    this.#open[index] = false;
    return map;
  }

  #set(depth: number): DataValue {
    const set = new Set<DataValue>();
    const index = this.#begin(set);
    for (let left = this.#unsigned(); left > 0; left--) {
      set.add(this.#value(depth + 1));
    }
    this.#open[index] = false;
    return set;
  }

  #begin(object: DataValue): number {
    this.#open.push(true);
    return this.#objects.push(object) - 1;
  }

  /** An object seen before. Inside itself it would be a cycle. */
  #reference(): DataValue {
    const index = this.#unsigned();
    if (index >= this.#objects.length) throw new LiteralError("bad reference");
    if (this.#open[index]) throw new LiteralError("a cycle");
    return this.#objects[index];
  }

  /** A property's name; null for a symbol or a private field, which are not data. */
  #key(): string | null {
    const code = this.#unsigned();
    if (code % 2 === 1) return String((code - 1) / 2);
    const text = this.#atoms[code / 2 - this.#firstAtom];
    if (text === undefined) throw new LiteralError("bad key");
    return text;
  }

  #bigint(): bigint {
    const length = this.#unsigned();
    this.#countChars(length * 2);
    this.#need(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) {
      value = (value << 8n) | BigInt(this.#bytes[this.#position + i]);
    }
    this.#position += length;
    return BigInt.asIntN(8 * length, value);
  }

  /** Latin-1 or UTF-16, told apart by the lowest bit of the length. */
  #string(): string {
    const header = this.#unsigned();
    const isWide = header % 2 === 1;
    const length = Math.floor(header / 2);
    this.#countChars(length);
    this.#need(isWide ? 2 * length : length);
    const start = this.#position;
    this.#position += isWide ? 2 * length : length;
    let text = "";
    if (length < 24) {
      for (let i = 0; i < length; i++) {
        text += String.fromCharCode(this.#unit(start, i, isWide));
      }
      return text;
    }
    const units = isWide
      ? new Uint16Array(this.#bytes.slice(start, start + 2 * length).buffer)
      : this.#bytes.subarray(start, start + length);
    for (let i = 0; i < length; i += 8192) {
      text += String.fromCharCode(...units.subarray(i, i + 8192));
    }
    return text;
  }

  #unit(start: number, index: number, isWide: boolean): number {
    return isWide
      ? this.#view.getUint16(start + 2 * index, true)
      : this.#bytes[start + index];
  }

  #byte(): number {
    this.#need(1);
    return this.#bytes[this.#position++];
  }

  #unsigned(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  /** Zigzag: 0, -1, 1, -2, … */
  #signed(): number {
    const code = this.#unsigned();
    return code % 2 === 1 ? -(code + 1) / 2 : code / 2;
  }

  #need(bytes: number): void {
    if (this.#position + bytes > this.#bytes.length) {
      throw new LiteralError("cut short");
    }
  }

  #countNodes(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.valueNodes) {
      throw new LiteralError("too many values");
    }
  }

  #countChars(chars: number): void {
    this.#chars += chars;
    if (this.#chars > this.#limits.literalChars) {
      throw new LiteralError("too long");
    }
  }
}
