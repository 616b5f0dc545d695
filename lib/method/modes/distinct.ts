/**
 * Checking equal answers once. Most of eight attempts at an easy task give the same
 * answer, and execution is deterministic, so each distinct answer runs once.
 */

/** Calls `verify` on the first of the items with equal keys, and returns the verdicts on all items in order. */
export async function verifyDistinct<Item, Verdict>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  verify: (distinct: Item[]) => Promise<Verdict[]>,
): Promise<Verdict[]> {
  const places = new Map<string, number>();
  const distinct: Item[] = [];
  const placeOf = items.map((item) => {
    const key = keyOf(item);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, distinct.length);
    return distinct.push(item) - 1;
  });
  const verdicts = await verify(distinct);
  return placeOf.map((place) => verdicts[place]);
}
