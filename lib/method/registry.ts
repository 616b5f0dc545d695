/** Registries of modes, task sources and extras, which are chosen by name. */

/** Values by name, in the order in which they were registered. */
export class Registry<Name extends string, Value> {
  readonly #kind: string;
  readonly #values: Map<Name, Value>;

  /** `kind` says in messages what is registered, for example "mode". */
  constructor(kind: string, values: readonly (readonly [Name, Value])[] = []) {
    this.#kind = kind;
    this.#values = new Map(values);
  }

  /** Adds a value. Throws `Error` where the name is taken. */
  add(name: Name, value: Value): void {
    if (this.#values.has(name)) {
      throw new Error(`a ${this.#kind} "${name}" is registered already`);
    }
    this.#values.set(name, value);
  }

  /** Returns a value. Throws `RangeError` with the cure where the name is not registered. */
  get(name: Name): Value {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    throw new RangeError(
      `no ${this.#kind} "${name}" is registered, only ${
        this.names.join(", ")
      }: import lib/extras/mod.ts, which registers the kit's own extras`,
    );
  }

  /** Returns a value, or undefined where the name is not registered. */
  find(name: Name): Value | undefined {
    return this.#values.get(name);
  }

  /** Returns the registered names. */
  get names(): Name[] {
    return [...this.#values.keys()];
  }
}
