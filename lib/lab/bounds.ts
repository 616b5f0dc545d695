/**
 * Bounds of a study: what it is expected to show, written into its file before the
 * first recorded run. Left out: what the scores make of them (bounds_judged.ts).
 *
 * An endpoint is a set of held-out items and how they are answered. A bound compares
 * two arms, or an arm with the base made to think, on one endpoint: over the seeds, item
 * by item. All bounds of a study are corrected together for their number (Holm).
 */

/** The name by which bounds speak of the untouched base whose answers are opened with a trace. */
export const FORCED_BASE = "base, made to think";

/** Held-out items by split, mode and what their programs hold. */
export interface ItemChoice {
  splits: readonly string[];
  modes: readonly string[];
  /** Numbers of operations; absent: all. */
  depths?: readonly number[];
  /** Only programs with (true) or without (false) an operation of `withoutOperations` of the arms. */
  leftOut?: boolean;
  /**
   * Whether all evaluations after the first step count alike, which is the area under
   * the curve in units of its length; absent: only the last one counts.
   */
  overSteps?: boolean;
}

/** How answers are sampled and counted: greedy, at temperature 1, or as pass@k at temperature 1. */
export type Measure = "greedy" | "sampled" | `pass@${4 | 16 | 64}`;

/** Items and a measure, by a name that the bounds use. */
interface Endpoint extends ItemChoice {
  says: string;
  measure: Measure;
}

/** One bound: `better` ends above `worse`, or both end equal. Shares of accuracy, from 0 to 1. */
export interface Bound {
  says: string;
  /** Name of the endpoint. */
  endpoint: string;
  better: string;
  worse: string;
  /** `better − worse` lies above this; a negative one allows a loss. */
  above?: number;
  /** `better − worse` lies within this distance of 0. */
  within?: number;
  /**
   * With `above`: the distance of 0 within which the arms count as equal where the bound
   * is neither met nor missed (two one-sided tests); absent: none.
   */
  equal?: number;
}

/** The bounds of a study. */
export interface Bounds {
  /** The seeds that are recorded, no more and no fewer. */
  seeds: readonly number[];
  /** The test in words. */
  test: string;
  endpoints: Record<string, Endpoint>;
  list: readonly Bound[];
}

/** Throws where a bound names an arm or an endpoint that its study lacks, or compares nothing. */
export function checkBounds(
  { name, arms, bounds }: {
    name: string;
    arms: readonly { name: string }[];
    bounds?: Bounds;
  },
): void {
  if (!bounds) return;
  const known = [FORCED_BASE, ...arms.map((arm) => arm.name)];
  for (const { says, endpoint, better, worse, above, within } of bounds.list) {
    const unknown = [better, worse].find((arm) => !known.includes(arm));
    const fault = unknown !== undefined
      ? `has no arm "${unknown}"`
      : !Object.hasOwn(bounds.endpoints, endpoint)
      ? `has no endpoint "${endpoint}"`
      : (above === undefined) === (within === undefined)
      ? `needs either "above" or "within"`
      : null;
    if (fault) {
      throw new RangeError(`study "${name}", bound "${says}": ${fault}`);
    }
  }
}
