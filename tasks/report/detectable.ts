/** The difference that a study's seeds can find. */

import jstat from "jstat";

/** The two distributions of jStat that are used. */
const { studentt, noncentralt } = jstat as {
  studentt: { inv(share: number, freedom: number): number };
  noncentralt: { cdf(t: number, freedom: number, shift: number): number };
};

/**
 * Returns the smallest true difference that a two-sided t test on seed means finds with
 * 80 % power (noncentral t), in the unit of `deviation`, the standard deviation of a
 * single seed's difference; NaN for fewer than two seeds.
 */
export function detectableDifference(
  deviation: number,
  seeds: number,
  level = .05,
): number {
  if (seeds < 2) return NaN;
  const freedom = seeds - 1;
  const critical = studentt.inv(1 - level / 2, freedom);
  let [low, high] = [0, 2 * critical + 10];
  for (let i = 0; i < 60; i++) {
    const shift = (low + high) / 2;
    if (1 - noncentralt.cdf(critical, freedom, shift) < .8) low = shift;
    else high = shift;
  }
  return deviation * high / Math.sqrt(seeds);
}
