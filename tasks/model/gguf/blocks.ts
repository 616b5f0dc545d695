/**
 * The number formats of GGUF tensors, widened to 32 bits.
 *
 * Quantised values lie in blocks that share a scale: 32 values with a 16-bit
 * scale (Q8_0, Q4_0) and minimum (Q4_1), or 256 values in sub-blocks of 32 (Q4_K)
 * or 16 (Q6_K) whose scales are quantised too. Every value equals that of the
 * Python package `gguf`, bit for bit: products of a 16-bit scale are exact, and
 * storing a sum as f32 rounds it once, as numpy does.
 */
import { widenBfloat16, widenFloat16 } from "../../../lib/model/files/half.ts";

/** A format: `block` values take `bytes` bytes. */
export interface GgufFormat {
  name: string;
  block: number;
  bytes: number;
  /** Reads whole blocks; `bytes` has a buffer of its own. */
  widen(bytes: Uint8Array<ArrayBuffer>): Float32Array;
}

/** Formats by the number that a GGUF header gives them. */
export const GGUF_FORMATS: Readonly<Record<number, GgufFormat>> = {
  0: plain("F32", 4, ({ buffer }) => new Float32Array(buffer)),
  1: plain("F16", 2, ({ buffer }) => widenFloat16(new Uint16Array(buffer))),
  30: plain("BF16", 2, ({ buffer }) => widenBfloat16(new Uint16Array(buffer))),
  2: blocks("Q4_0", 32, 18, (bytes, at, out, to) => {
    const scale = half(bytes, at);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i];
      out[to + i] = scale * ((pair & 15) - 8);
      out[to + i + 16] = scale * ((pair >> 4) - 8);
    }
  }),
  3: blocks("Q4_1", 32, 20, (bytes, at, out, to) => {
    const scale = half(bytes, at), least = half(bytes, at + 2);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i];
      out[to + i] = scale * (pair & 15) + least;
      out[to + i + 16] = scale * (pair >> 4) + least;
    }
  }),
  8: blocks("Q8_0", 32, 34, (bytes, at, out, to) => {
    const scale = half(bytes, at);
    for (let i = 0; i < 32; i++) {
      out[to + i] = scale * signed(bytes[at + 2 + i]);
    }
  }),
  12: blocks("Q4_K", 256, 144, widenQ4K),
  14: blocks("Q6_K", 256, 210, widenQ6K),
};

type Widen = (
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
) => void;

/** Two scales, 12 bytes of 6-bit scales and minima, then 4 bits a value. */
function widenQ4K(
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
) {
  const scale = half(bytes, at), least = half(bytes, at + 2);
  const packed = (i: number) => bytes[at + 4 + i];
  for (let part = 0; part < 8; part++) {
    const i = part % 4;
    const [step, low] = part < 4 ? [packed(i) & 63, packed(i + 4) & 63] : [
      (packed(i + 8) & 15) | ((packed(i) >> 2) & 48),
      (packed(i + 8) >> 4) | ((packed(i + 4) >> 2) & 48),
    ];
    const from = at + 16 + 32 * (part >> 1), shift = part % 2 * 4;
    for (let j = 0; j < 32; j++) {
      out[to + 32 * part + j] =
        scale * step * ((bytes[from + j] >> shift) & 15) - least * low;
    }
  }
}

/** 4 low bits a value, 2 high bits a value, 16 signed scales, one scale of all. */
function widenQ6K(
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
) {
  const scale = half(bytes, at + 208);
  for (let i = 0; i < 256; i++) {
    const part = i >> 5, upper = i >> 7;
    const low = bytes[at + 64 * upper + i % 64] >> (part & 2) * 2;
    const high = bytes[at + 128 + 32 * upper + i % 32] >> (part & 3) * 2;
    const value = (low & 15 | (high & 3) << 4) - 32;
    out[to + i] = scale * signed(bytes[at + 192 + (i >> 4)]) * value;
  }
}

const halves = new Float16Array(1);
const words = new Uint16Array(halves.buffer);

function half(bytes: Uint8Array, at: number): number {
  words[0] = bytes[at] | bytes[at + 1] << 8;
  return halves[0];
}

function signed(byte: number): number {
  return byte << 24 >> 24;
}

function plain(
  name: string,
  bytes: number,
  widen: GgufFormat["widen"],
): GgufFormat {
  return { name, block: 1, bytes, widen };
}

function blocks(
  name: string,
  block: number,
  bytes: number,
  widenBlock: Widen,
): GgufFormat {
  const widen = (all: Uint8Array) => {
    const count = all.length / bytes;
    const out = new Float32Array(count * block);
    for (let i = 0; i < count; i++) widenBlock(all, i * bytes, out, i * block);
    return out;
  };
  return { name, block, bytes, widen };
}
