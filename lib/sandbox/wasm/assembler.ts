/**
 * A small assembler: WebAssembly instructions written as text, one after the
 * other, become bytes. It knows what the functions added to an interpreter need.
 *
 * Syntax: mnemonics and their operands, separated by white space; `;;` begins a
 * comment. `$name` stands for a parameter or variable behind `local.*`, else for
 * a global, a function or a constant of the caller. A load or store takes its
 * offset, and with `@1` behind its name it is one of the second memory; `block`,
 * `loop` and `if` may take a result type; branches take a depth.
 */

import { encodeUnsigned } from "./meter.ts";

export const VALUE_TYPES = {
  ...{ i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b },
};
export type ValueType = keyof typeof VALUE_TYPES;

/** Instructions without operands. */
const PLAIN: Record<string, number> = {
  ...{ unreachable: 0x00, else: 0x05, end: 0x0b, return: 0x0f, drop: 0x1a },
  ...{ select: 0x1b, "i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47 },
  ...{ "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4a },
  ...{ "i32.gt_u": 0x4b, "i32.le_s": 0x4c, "i32.le_u": 0x4d },
  ...{ "i32.ge_s": 0x4e, "i32.ge_u": 0x4f, "i64.eqz": 0x50, "i64.eq": 0x51 },
  ...{ "i64.ne": 0x52, "i64.lt_s": 0x53, "i64.ge_u": 0x5a, "f64.eq": 0x61 },
  ...{ "f64.ne": 0x62, "i32.add": 0x6a, "i32.sub": 0x6b, "i32.mul": 0x6c },
  ...{ "i32.rem_u": 0x70, "i32.and": 0x71, "i32.or": 0x72, "i32.xor": 0x73 },
  ...{ "i32.shl": 0x74, "i32.shr_s": 0x75, "i32.shr_u": 0x76 },
  ...{ "i64.add": 0x7c, "i64.sub": 0x7d, "i64.mul": 0x7e, "i64.rem_u": 0x82 },
  ...{
    "i64.and": 0x83,
    "i64.or": 0x84,
    "i64.xor": 0x85,
    "i64.shl": 0x86,
    "i64.shr_u": 0x88,
  },
  ...{ "i64.rotl": 0x89, "f64.sub": 0xa1, "i32.wrap_i64": 0xa7 },
  ...{ "i64.extend_i32_s": 0xac, "i64.extend_i32_u": 0xad },
  "i64.reinterpret_f64": 0xbd,
};
const MEMORY: Record<string, [code: number[], alignment: number]> = {
  ...{ "i32.load": [[0x28], 2], "f64.load": [[0x2b], 3] },
  ...{ "i32.load8_u": [[0x2d], 0], "v128.load": [[0xfd, 0], 4] },
  ...{ "i32.store": [[0x36], 2], "i32.store8": [[0x3a], 0] },
};
/** Instructions of several bytes; the last copies from the second memory to the first. */
const LONG: Record<string, number[]> = {
  ...{ "v128.or": [0xfd, 0x50], "v128.xor": [0xfd, 0x51] },
  ...{
    "v128.any_true": [0xfd, 0x53],
    "memory.copy_from_second": [0xfc, 10, 0, 1],
  },
};
/** Flag of an alignment that says that the memory's index follows. */
const HAS_INDEX = 0x40;
const BLOCKS: Record<string, number> = { block: 0x02, loop: 0x03, if: 0x04 };
const BRANCHES: Record<string, number> = { br: 0x0c, br_if: 0x0d };
const INDEXED: Record<string, number> = {
  ...{ call: 0x10, "local.get": 0x20, "local.set": 0x21, "local.tee": 0x22 },
  ...{ "global.get": 0x23, "global.set": 0x24 },
};
const CONSTANTS: Record<string, [code: number, bits: number]> = {
  "i32.const": [0x41, 32],
  "i64.const": [0x42, 64],
};

/** What `$name` may stand for, beyond the variables of the function. */
export type Names = Readonly<Record<string, number>>;

/**
 * Assembles instructions, without the `end` of their function.
 *
 * @param locals names of the parameters and variables, in order
 * @throws Error for an unknown mnemonic or name
 */
export function assemble(
  text: string,
  names: Names,
  locals: readonly string[] = [],
): number[] {
  const tokens = text.replace(/;;.*/g, "").split(/\s+/).filter(Boolean);
  const bytes: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const mnemonic = tokens[at];
    const number = () => numberOf(tokens[++at], mnemonic, names, locals);
    if (mnemonic in PLAIN) bytes.push(PLAIN[mnemonic]);
    else if (mnemonic in INDEXED || mnemonic in BRANCHES) {
      const code = INDEXED[mnemonic] ?? BRANCHES[mnemonic];
      bytes.push(code, ...encodeUnsigned(Number(number())));
    } else if (mnemonic in CONSTANTS) {
      const [code, bits] = CONSTANTS[mnemonic];
      bytes.push(code, ...encodeSigned(BigInt.asIntN(bits, number())));
    } else if (mnemonic in LONG) bytes.push(...LONG[mnemonic]);
    else if (mnemonic.replace("@1", "") in MEMORY) {
      const [code, alignment] = MEMORY[mnemonic.replace("@1", "")];
      const place = mnemonic.endsWith("@1")
        ? [alignment | HAS_INDEX, 1]
        : [alignment];
      bytes.push(...code, ...place, ...encodeUnsigned(Number(number())));
    } else if (mnemonic in BLOCKS) {
      const isTyped = tokens[at + 1] in VALUE_TYPES;
      const type = isTyped ? VALUE_TYPES[tokens[++at] as ValueType] : 0x40;
      bytes.push(BLOCKS[mnemonic], type);
    } else throw new Error(`unknown instruction ${mnemonic}`);
  }
  return bytes;
}

function numberOf(
  token: string,
  mnemonic: string,
  names: Names,
  locals: readonly string[],
): bigint {
  if (!token.startsWith("$")) return BigInt(token);
  const name = token.slice(1);
  const value = mnemonic.startsWith("local.")
    ? locals.indexOf(name)
    : names[name] ?? -1;
  if (value < 0) throw new Error(`${mnemonic} of an unknown ${token}`);
  return BigInt(value);
}

/** Encodes a signed integer as LEB128; a number as its lower 32 bits. */
export function encodeSigned(number: bigint | number): number[] {
  let value = BigInt(typeof number === "number" ? number | 0 : number);
  const bytes: number[] = [];
  for (;;) {
    const low = Number(value & 127n);
    value >>= 7n;
    const isDone = value === ((low & 64) === 0 ? 0n : -1n);
    bytes.push(isDone ? low : low | 128);
    if (isDone) return bytes;
  }
}
