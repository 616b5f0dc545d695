/** From which steps the solver's tasks come, under each sampler. */

import type { Task } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { colourOf, styledFigure } from "../../lib/show/figures/style.ts";

/** The tasks of many batches drawn under one rule. */
export interface DrawnTasks {
  name: string;
  batches: readonly (readonly Pick<Task, "provenance">[])[];
}

/** Tasks per batch by the step that made them: a mean over the batches, one curve per rule. */
export function sampledSteps(rows: readonly DrawnTasks[]): Figure {
  const stepsOf = ({ batches }: DrawnTasks) =>
    batches.flat().map(({ provenance }) => provenance.step);
  const last = Math.max(...rows.flatMap(stepsOf));
  const steps = Array.from({ length: last + 1 }, (_, step) => step);
  const traces = rows.map((row, i): Trace => {
    const counts = steps.map(() => 0);
    for (const step of stepsOf(row)) counts[step]++;
    return {
      type: "scatter",
      mode: "lines+markers",
      name: row.name,
      x: steps,
      y: counts.map((count) => count / row.batches.length),
      line: { color: colourOf(row.name, i + 1), width: 2 },
      marker: { size: 6 },
    };
  });
  const [newest] = traces.map(({ name, y }) =>
    `"${name}" takes ${Number(y![last]).toFixed(1)}`
  );
  return styledFigure({
    title:
      `${newest} tasks of a batch from the newest step, and the rest evenly`,
    x: "step that made the task (0: seeding)",
    y: "tasks per batch",
  }, traces);
}
