/**
 * Once: what a client sends twice under one name is judged one time.
 *
 * A client that lost its connection cannot know whether it was heard. It sends the same
 * again and has the former verdict, or that which is being made.
 */

export class Once<Kept> {
  readonly #kept: ReadonlyMap<string, Kept>;
  readonly #inFlight = new Map<string, Promise<Kept>>();

  /** `kept` holds what was judged before, by name. */
  constructor(kept: ReadonlyMap<string, Kept>) {
    this.#kept = kept;
  }

  /**
   * Has `judge` judge the places whose name was not judged before and is not being
   * judged now, and returns the verdicts on all, in order. Null is no name.
   */
  async of(
    names: readonly (string | null)[],
    judge: (places: number[]) => Promise<Kept[]>,
  ): Promise<Kept[]> {
    const isNew = (name: string | null, i: number) =>
      name === null || !this.#kept.has(name) && !this.#inFlight.has(name) &&
        names.indexOf(name) === i;
    const places = names.flatMap((name, i) => isNew(name, i) ? [i] : []);
    const judging = places.length > 0 ? judge(places) : Promise.resolve([]);
    const made = new Map(places.map((place, i) => {
      const verdict = judging.then((all) => all[i]);
      this.#note(names[place], verdict);
      return [place, verdict] as const;
    }));
    return await Promise.all(
      names.map((name, i) =>
        made.get(i) ?? this.#inFlight.get(name!) ?? this.#kept.get(name!)!
      ),
    );
  }

  #note(name: string | null, verdict: Promise<Kept>): void {
    if (name !== null) this.#inFlight.set(name, verdict);
    const done = () => name !== null && this.#inFlight.delete(name);
    verdict.then(done, done);
  }
}
