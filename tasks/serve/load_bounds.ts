/** What the load test has to show. The bounds were committed before the first recorded run. */

import type { Faults } from "./journal_check.ts";
import type { LoadReport } from "./measure_load.ts";

export const LOAD_BOUNDS = {
  /** Acknowledged verdicts that are lost, counted twice or mixed up. */
  faults: 0,
  /** Least share of the honest clients' rate that is left beside hostile clients. */
  rateBesideHostile: 0.25,
  /** Least verdicts a second of 8 clients, in Python. */
  verdictsPerSecond: 50,
};

/** Returns the bounds that a run breaks, one sentence each. */
export function brokenBounds(report: LoadReport): string[] {
  const { rates, sandboxKilled, serverKilled, besideHostile } = report;
  const loads = [
    ...Object.values(rates).flat(),
    ...[sandboxKilled, serverKilled, besideHostile],
  ];
  const faults = loads.map(({ faults }) => faultCount(faults))
    .reduce((a, b) => a + b);
  const quiet = rates.python.find(({ clients }) => clients === 8)!;
  const share = besideHostile.verdictsPerSecond / quiet.verdictsPerSecond;
  return [
    faults > LOAD_BOUNDS.faults && `${faults} verdicts are at fault`,
    quiet.verdictsPerSecond < LOAD_BOUNDS.verdictsPerSecond &&
    `8 clients have ${quiet.verdictsPerSecond} verdicts a second`,
    share < LOAD_BOUNDS.rateBesideHostile &&
    `beside hostile clients ${share.toFixed(2)} of the rate is left`,
  ].filter((broken) => broken !== false);
}

const faultCount = ({ lost, twice, different, solveRates }: Faults) =>
  lost + twice + different + solveRates;
