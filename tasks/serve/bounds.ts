/** What `deno task test:serve` has to show. The bounds were committed before the first recorded run. */

import type { Machine } from "../machine.ts";
import type { Faults } from "./journal_check.ts";
import type { LoadReport } from "./measure_load.ts";
import type { TrlFigures } from "./trainers.ts";

export const BOUNDS = {
  /** Acknowledged verdicts that are lost, counted twice or mixed up. */
  faults: 0,
  /** Least share of the honest clients' rate that is left beside hostile clients. */
  rateBesideHostile: 0.25,
  /** Least verdicts a second of 8 clients, in Python. */
  verdictsPerSecond: 50,
  /** Rewards given to TRL that are not the kit's own. */
  otherRewards: 0,
  /** Most difference of a step's mean reward, as TRL tells it and as the kit gave it. */
  meanReward: 1e-3,
};

/** The figures of the parts that were run. */
export interface ServeFigures {
  trl?: TrlFigures & Machine;
  load?: LoadReport & Machine;
}

/** Returns the bounds that a run breaks, one sentence each. */
export function brokenBounds({ trl, load }: ServeFigures): string[] {
  return [
    ...load ? brokenByLoad(load) : [],
    ...trl ? brokenByTrl(trl) : [],
  ];
}

function brokenByLoad(
  { rates, sandboxKilled, serverKilled, besideHostile }: LoadReport,
): string[] {
  const loads = [
    ...Object.values(rates).flat(),
    ...[sandboxKilled, serverKilled, besideHostile],
  ];
  const faults = loads.map(({ faults }) => faultCount(faults))
    .reduce((a, b) => a + b);
  const { verdictsPerSecond: quiet } = rates.python
    .find(({ clients }) => clients === 8)!;
  const share = besideHostile.verdictsPerSecond / quiet;
  return [
    faults > BOUNDS.faults && `${faults} verdicts are at fault`,
    quiet < BOUNDS.verdictsPerSecond &&
    `8 clients have ${quiet} verdicts a second`,
    share < BOUNDS.rateBesideHostile &&
    `beside hostile clients ${share.toFixed(2)} of the rate is left`,
  ].filter((broken) => broken !== false);
}

function brokenByTrl({ otherRewards, meanRewards, steps }: TrlFigures) {
  const differences = meanRewards.map(([told, given]) =>
    Math.abs(told - given)
  );
  return [
    otherRewards > BOUNDS.otherRewards &&
    `${otherRewards} rewards are not the kit's own`,
    !(Math.max(...differences) <= BOUNDS.meanReward) &&
    `a mean reward differs by ${Math.max(...differences)}`,
    meanRewards.length !== steps &&
    `${meanRewards.length} of ${steps} steps have a mean reward`,
  ].filter((broken) => broken !== false);
}

const faultCount = ({ lost, twice, different, solveRates }: Faults) =>
  lost + twice + different + solveRates;
