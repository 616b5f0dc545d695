/**
 * Writes values in the format that QuickJS reads back (`JS_ReadObject`): how
 * arguments enter the guest.
 *
 * The engine's C code builds the values from these bytes, so a program that
 * replaces `Map` or `Array.prototype` cannot see or change its arguments before
 * it is called, and no text is compiled for them.
 */

import type { DataObject, DataValue } from "../literals/literal_javascript.ts";

const HEADER = [0x1c, 0xff, 0xff, 0xff, 0xff]; // version; "do not check the checksum"
/** Atoms that a value brings are numbered from here. */
const FIRST_ATOM = 1;
const LARGEST_INDEX = 2 ** 31 - 1;

/** Serialises one value. */
export function writeBytecodeValue(value: DataValue): Uint8Array {
  const body = new ByteSink();
  const atoms = new Map<string, number>();
  writeValue(body, atoms, value);
  const head = new ByteSink();
  for (const byte of HEADER) head.byte(byte);
  head.unsigned(atoms.size);
  for (const key of atoms.keys()) {
    head.byte(1); // a string, not a symbol
    writeString(head, key);
  }
  return head.followedBy(body);
}

function writeValue(
  sink: ByteSink,
  atoms: Map<string, number>,
  value: DataValue,
): void {
  if (typeof value === "number") return writeNumber(sink, value);
  if (typeof value === "string") {
    sink.byte(7);
    return writeString(sink, value);
  }
  if (value === null) return sink.byte(1);
  if (value === undefined) return sink.byte(2);
  if (typeof value === "boolean") return sink.byte(value ? 4 : 3);
  if (typeof value === "bigint") return writeBigint(sink, value);
  if (Array.isArray(value)) {
    sink.byte(9);
    sink.unsigned(value.length);
    for (const item of value) writeValue(sink, atoms, item);
  } else if (value instanceof Map) {
    sink.byte(0x15);
    sink.unsigned(value.size);
    for (const [key, item] of value) {
      writeValue(sink, atoms, key);
      writeValue(sink, atoms, item);
    }
  } else if (value instanceof Set) {
    sink.byte(0x16);
    sink.unsigned(value.size);
    for (const item of value) writeValue(sink, atoms, item);
  } else {
    writeObject(sink, atoms, value);
  }
}

function writeNumber(sink: ByteSink, value: number): void {
  if ((value | 0) === value && !Object.is(value, -0)) {
    sink.byte(5);
    sink.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  } else {
    sink.byte(6);
    sink.float64(value);
  }
}

function writeObject(
  sink: ByteSink,
  atoms: Map<string, number>,
  object: DataObject,
): void {
  const keys = Object.keys(object);
  sink.byte(8);
  sink.unsigned(keys.length);
  for (const key of keys) {
    const index = Number(key);
    if (
      String(index) === key && index >= 0 && index <= LARGEST_INDEX &&
      Number.isInteger(index)
    ) {
      sink.unsigned(2 * index + 1);
    } else {
      let atom = atoms.get(key);
      if (atom === undefined) atoms.set(key, atom = atoms.size + FIRST_ATOM);
      sink.unsigned(2 * atom);
    }
    writeValue(sink, atoms, object[key]);
  }
}

/** Latin-1 where that suffices, else UTF-16; the lowest bit of the length tells. */
function writeString(sink: ByteSink, text: string): void {
  const isWide = /[^\0-\xff]/.test(text);
  sink.unsigned(2 * text.length + (isWide ? 1 : 0));
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    sink.byte(unit & 255);
    if (isWide) sink.byte(unit >> 8);
  }
}

/** Little-endian two's complement, as few bytes as hold the sign; none for zero. */
function writeBigint(sink: ByteSink, value: bigint): void {
  sink.byte(10);
  const bytes: number[] = [];
  if (value !== 0n) {
    const magnitude = value < 0n ? -value - 1n : value;
    const bits = magnitude.toString(2).length + 1;
    const length = Math.ceil(bits / 8);
    const digits = BigInt.asUintN(8 * length, value).toString(16)
      .padStart(2 * length, "0");
    for (let i = length - 1; i >= 0; i--) {
      bytes.push(parseInt(digits.slice(2 * i, 2 * i + 2), 16));
    }
  }
  sink.unsigned(bytes.length);
  for (const byte of bytes) sink.byte(byte);
}

/** A growing array of bytes. */
class ByteSink {
  #bytes: Uint8Array = new Uint8Array(64);
  #length = 0;

  byte(byte: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = byte;
  }

  unsigned(value: number): void {
    while (value >= 128) {
      this.byte((value % 128) + 128);
      value = Math.floor(value / 128);
    }
    this.byte(value);
  }

  float64(value: number): void {
    this.#grow(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  followedBy(other: ByteSink): Uint8Array {
    this.#grow(other.#length);
    this.#bytes.set(other.#bytes.subarray(0, other.#length), this.#length);
    return this.#bytes.subarray(0, this.#length + other.#length);
  }

  #grow(room: number): void {
    if (this.#length + room <= this.#bytes.length) return;
    const size = Math.max(2 * this.#bytes.length, this.#length + room);
    const larger = new Uint8Array(size);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
