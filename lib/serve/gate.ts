/**
 * Backpressure: how much may wait at the same time. What does not fit is refused at
 * once, with the time after which to try again, so that the queue cannot grow.
 */

/** Refused for now: the client tries again after `seconds`. */
export class Busy extends Error {
  override name = "Busy";

  constructor(readonly seconds: number, what: string) {
    super(`too much is waiting (${what}): try again in ${seconds} s`);
  }
}

/** A number of places; each holder gives its places back. */
export class Gate {
  readonly #places: number;
  readonly #what: string;
  #taken = 0;

  constructor(places: number, what: string) {
    this.#places = places;
    this.#what = what;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes places until the result is disposed of. Throws `Busy` where they are not free. */
  take(count: number): Disposable {
    if (this.#taken + count > this.#places) {
      throw new Busy(1, `${this.#taken} of ${this.#places} ${this.#what}`);
    }
    this.#taken += count;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#taken -= count;
        held = false;
      },
    };
  }
}
