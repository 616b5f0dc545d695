/** Advantages within each group: who gains and who loses from an update. */

import type { Role } from "../../lib/method/advantage/sample.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** What the figure needs of a sample. */
export interface AdvantageSample {
  role: Role;
  mode: ModeName;
  reward: number;
  advantage: number;
}

/**
 * One column per role and mode; a disc per distinct reward, its area the
 * number of samples that earned it.
 */
export function advantageByGroup(samples: readonly AdvantageSample[]): Figure {
  const traces: Trace[] = [];
  for (const role of ["solve", "propose"] as const) {
    for (const mode of DRAWN_MODES) {
      const group = samples.filter((s) => s.role === role && s.mode === mode);
      if (group.length > 0) traces.push(groupTrace(role, mode, group));
    }
  }
  return styledFigure(
    {
      title: "Advantage by role and mode",
      x: "",
      y: "advantage",
    },
    traces,
    {
      showlegend: false,
      yaxis: { zeroline: true, zerolinecolor: "#888888" },
    },
  );
}

function groupTrace(
  role: Role,
  mode: ModeName,
  group: readonly AdvantageSample[],
): Trace {
  const counts = new Map<string, { sample: AdvantageSample; count: number }>();
  for (const sample of group) {
    const key = `${sample.reward}/${sample.advantage.toFixed(6)}`;
    const found = counts.get(key) ?? { sample, count: 0 };
    found.count++;
    counts.set(key, found);
  }
  const discs = [...counts.values()];
  const largest = Math.max(...discs.map(({ count }) => count));
  return {
    type: "scatter",
    mode: "markers",
    name: `${role} ${mode}`,
    x: discs.map(() => `${role}<br>${mode}`),
    y: discs.map(({ sample }) => sample.advantage),
    text: discs.map(({ sample, count }) =>
      `reward ${sample.reward.toFixed(3)}, ${count} of ${group.length}`
    ),
    hoverinfo: "y+text",
    marker: {
      color: MODE_COLOURS[mode],
      symbol: role === "solve" ? "circle" : "diamond",
      opacity: 0.75,
      sizemode: "area",
      size: discs.map(({ count }) => count),
      sizeref: 2 * largest / 32 ** 2,
      sizemin: 4,
    },
  };
}
