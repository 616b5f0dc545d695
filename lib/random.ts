/**
 * Named, seeded random streams: the only source of randomness in the kit.
 *
 * A stream is addressed by a seed and a path of names, for example
 * `randomStream(seed, "step", 12, "propose", 3)`. Streams are derived, never
 * shared: two parts of the program cannot disturb each other, and a resumed run
 * needs no saved generator state because the path already says where it is.
 *
 * Left out on purpose: cryptographic strength, and any global generator.
 */

/** A part of a stream's path. */
export type StreamName = string | number;

/** A deterministic generator of uniform numbers (xoshiro128**, 32-bit words). */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(state: readonly [number, number, number, number]) {
    [this.#a, this.#b, this.#c, this.#d] = state;
  }

  /** Returns the next 32 random bits, as an unsigned integer. */
  nextUint32(): number {
    const rotated = rotateLeft(Math.imul(this.#b, 5), 7);
    const result = Math.imul(rotated, 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** Returns a uniform number in [0, 1) with 32 bits of resolution. */
  next(): number {
    return this.nextUint32() / 4294967296;
  }

  /** Returns a uniform integer in [low, high], both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Returns one element, uniformly. Throws on an empty list. */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("choice() of an empty list");
    return items[this.integer(0, items.length - 1)];
  }

  /** Returns one element, with probability proportional to its weight (weights >= 0). */
  weightedChoice<T>(items: readonly T[], weights: readonly number[]): T {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (items.length === 0 || !(total > 0)) {
      throw new RangeError(
        "weightedChoice() needs items and a positive total weight",
      );
    }
    let left = this.next() * total;
    for (let i = 0; i < items.length; i++) {
      left -= weights[i];
      if (left < 0) return items[i];
    }
    return items[items.length - 1];
  }

  /** Returns `count` distinct elements in random order (all of them if there are fewer). */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = items.slice();
    const taken = Math.min(count, pool.length);
    for (let i = 0; i < taken; i++) {
      const j = this.integer(i, pool.length - 1);
      [pool[i], pool[j]] = [pool[j], pool[i]];
    }
    return pool.slice(0, taken);
  }

  /** Returns a shuffled copy. */
  shuffle<T>(items: readonly T[]): T[] {
    return this.sample(items, items.length);
  }

  /** Returns a standard normal number (Box-Muller, one of the pair). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Returns the stream for a seed and a path of names; equal paths give equal streams. */
export function randomStream(
  seed: number,
  ...path: StreamName[]
): RandomStream {
  return new RandomStream(hashToState(`${seed}/${path.join("/")}`));
}

/** Returns a 32-bit seed for a sampler that wants a number, derived like a stream. */
export function derivedSeed(seed: number, ...path: StreamName[]): number {
  return randomStream(seed, ...path).nextUint32();
}

/** Hashes text to 128 bits (four FNV-1a lanes with murmur3 finalisers). */
function hashToState(text: string): [number, number, number, number] {
  const lane = (basis: number): number => {
    let hash = basis >>> 0;
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  };
  return [
    lane(0x811c9dc5),
    lane(0x9e3779b9),
    lane(0x7f4a7c15),
    lane(0x2545f491) | 1,
  ];
}
