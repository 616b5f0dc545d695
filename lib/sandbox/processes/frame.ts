/**
 * Frames: how parent and child talk over the child's stdin and stdout.
 *
 * A frame is a 32-bit little-endian length and that many bytes. Apart from the
 * first payload (the engine's module) the bytes are UTF-8 JSON: binary framing of
 * the fields was measured slower. Jobs travel many to a frame: one by one they halve
 * the rate. Outcomes that travel one by one cost some 20 µs each, and so only do
 * where a caller may wait for them.
 */

import type { RunSetting } from "../language_engine.ts";
import type { Language, Limits, Outcome } from "../outcome.ts";

/** The first frame to a child. The payload follows as a frame of raw bytes. */
export interface Greeting {
  /** Random for every child; each of its frames must repeat it. */
  nonce: string;
  limits: Limits;
}

/** One job on the wire: its number, and what to run. */
export type WireJob = [
  id: number,
  language: Language,
  source: string,
  /** The argument list; of a test the case's code. */
  argument: string,
  setting?: RunSetting,
];

/** Every later frame to a child. */
export interface Request {
  jobs: readonly WireJob[];
  /** Whether each outcome is to leave at once: a slow program may hold up the next. */
  isUrgent: boolean;
}

/** What a child sends: that it is ready, or outcomes by job number. */
export interface Reply {
  nonce: string;
  ready?: true;
  outcomes?: [id: number, outcome: Outcome][];
  /** The outcomes count only when a later reply says so, and may come once more. */
  unproven?: true;
  /** All outcomes that came as unproven count. */
  stands?: true;
}

/** Longest frame that is believed; a longer one is a broken or lying peer. */
const MAXIMUM_FRAME_BYTES = 64 * 1024 * 1024;

/** Returns a frame around raw bytes. */
export function frameBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length, true);
  frame.set(bytes, 4);
  return frame;
}

/** Returns a frame around a value's JSON. */
export function frameJson(value: unknown): Uint8Array<ArrayBuffer> {
  return frameBytes(new TextEncoder().encode(JSON.stringify(value)));
}

/** Collects bytes as they arrive and gives back whole frames. */
export class FrameBuffer {
  #chunks: Uint8Array[] = [];
  #length = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole frame's bytes, or null if it has not arrived yet. */
  next(): Uint8Array | null {
    if (this.#length < 4) return null;
    const size = this.#nextSize();
    if (size > MAXIMUM_FRAME_BYTES) throw new Error("frame too long");
    if (this.#length < 4 + size) return null;
    const whole = this.#joined();
    this.#chunks = [whole.subarray(4 + size)];
    this.#length -= 4 + size;
    return whole.subarray(4, 4 + size);
  }

  /** Joins only while the length field itself is split, so long frames join once. */
  #nextSize(): number {
    const head = this.#chunks[0].length < 4 ? this.#joined() : this.#chunks[0];
    return new DataView(head.buffer, head.byteOffset).getUint32(0, true);
  }

  #joined(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0];
    const whole = new Uint8Array(this.#length);
    let position = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, position);
      position += chunk.length;
    }
    this.#chunks = [whole];
    return whole;
  }
}
