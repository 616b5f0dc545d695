/**
 * The two 16-bit floats of checkpoints, widened to 32 bits and rounded back.
 *
 * IEEE 754 binary16 (f16) is an array type of the language; bfloat16 is the upper
 * half of a 32-bit float. Left out: files (safetensors.ts).
 */

/** f16 to f32, exactly. */
export function widenFloat16(halves: Uint16Array<ArrayBuffer>): Float32Array {
  const { buffer, byteOffset, length } = halves;
  return new Float32Array(new Float16Array(buffer, byteOffset, length));
}

/** f32 to the nearest f16, ties to even; beyond 65504 to infinity. */
export function narrowFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** bf16 to f32, exactly. */
export function widenBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

/** f32 to the nearest bf16, ties to even; NaN stays NaN. */
export function narrowBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(
    values.buffer,
    values.byteOffset,
    values.length,
  );
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    halves[i] = (word & 0x7fffffff) > 0x7f800000
      ? (word >>> 16) | 0x40
      : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return halves;
}
