/** Signs of a proposer that cheats or collapses, step by step. */

import type { Figure } from "../../lib/show/figures/figure.ts";
import { moved } from "../../lib/show/figures/moved.ts";
import {
  type MetricPanel,
  metricPanels,
  type SeedMetrics,
} from "./metric_panels.ts";

const PANELS: readonly MetricPanel[] = [
  {
    title: "valid",
    value: (row, mode) => row.propose[mode]?.valid,
    share: true,
  },
  {
    title: "distinct programs",
    value: (row, mode) => row.propose[mode]?.distinctShare,
    share: true,
  },
  {
    title: "held out, discarded",
    value: (row, mode) => row.propose[mode]?.heldOut,
    share: true,
  },
  {
    title: "characters of a program",
    value: (row, mode) => row.propose[mode]?.meanProgramCharacters,
  },
  {
    title: "edit distance to references",
    value: (row, mode) => row.propose[mode]?.intrinsic.editDistance,
  },
  {
    title: "entropy per token, nats",
    value: (row, mode) => row.propose[mode]?.entropyPerToken,
  },
];

/** Six panels, in each a line per mode; bands reach from the lowest to the highest seed. */
export function proposerHealth(seeds: readonly SeedMetrics[]): Figure {
  return metricPanels(
    {
      title: `Valid proposals: ${moved(seeds, PANELS[0].value, 100)} %`,
      x: "step",
      y: "",
    },
    seeds,
    PANELS,
    3,
  );
}
