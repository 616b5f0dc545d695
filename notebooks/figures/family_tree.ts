/** Where a task comes from: its references, their references, to the seed. */

import type { Task } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** What the tree needs of a task. */
export type TreeTask = Pick<Task, "id" | "mode" | "program" | "provenance">;

/**
 * How many proposals lie between each task and the seed: 0 without known
 * parents, else one more than its furthest parent.
 */
export function generations(
  tasks: readonly TreeTask[],
): Map<string, number> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const depths = new Map<string, number>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    const parents = knownParents(byId, byId.get(id)!);
    const depth = parents.length === 0
      ? 0
      : 1 + Math.max(...parents.map(depthOf));
    depths.set(id, depth);
    return depth;
  };
  for (const { id } of tasks) depthOf(id);
  return depths;
}

/**
 * The ancestors of one task, a row for each with its program at the right: columns are
 * generations, lines lead from parents to children. Throws where the task is not among
 * `tasks`.
 */
export function familyTree(tasks: readonly TreeTask[], id: string): Figure {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const last = byId.get(id);
  if (!last) throw new RangeError(`no task "${id}" among the given tasks`);
  const family = new Set([last]);
  // A set is walked in the order of insertion, with what is added on the way.
  for (const task of family) {
    for (const parent of knownParents(byId, task)) {
      family.add(byId.get(parent)!);
    }
  }
  const places = placesOf([...family], generations(tasks));
  const traces = [
    edges([...family], byId, places),
    ...DRAWN_MODES.flatMap((mode) => {
      const members = [...family].filter((task) => task.mode === mode);
      return members.length === 0 ? [] : [nodes(members, places)];
    }),
  ];
  const rows = [...family].toSorted((a, b) =>
    places.get(a.id)!.y - places.get(b.id)!.y
  );
  const depth = generations(tasks).get(id)!;
  const longest = Math.max(...rows.map((task) => task.program.source.length));
  return styledFigure(
    {
      title: `${family.size - 1} tasks lead from the seed to ${label(last)}, ` +
        `over ${depth} generations`,
      x: "generation",
      y: "",
    },
    traces,
    {
      height: 150 + 26 * rows.length,
      margin: { l: 20, r: 30 + 7 * longest, t: 60, b: 80 },
      xaxis: { dtick: 1, range: [-0.4, depth + 0.4] },
      yaxis: {
        side: "right",
        tickvals: rows.map(({ id }) => places.get(id)!.y),
        ticktext: rows.map(label),
        range: [rows.length - 0.4, -0.6],
        gridcolor: "#f0f0f0",
        showline: false,
      },
      legend: { orientation: "h", x: 0, y: -0.2 },
    },
  );
}

interface Place {
  x: number;
  y: number;
}

/** Columns by generation, a row of its own for every task, the seed uppermost. */
function placesOf(
  family: readonly TreeTask[],
  depths: ReadonlyMap<string, number>,
): Map<string, Place> {
  const ordered = family.toSorted((a, b) =>
    depths.get(a.id)! - depths.get(b.id)!
  );
  return new Map(
    ordered.map(({ id }, y) => [id, { x: depths.get(id)!, y }]),
  );
}

function edges(
  family: readonly TreeTask[],
  byId: ReadonlyMap<string, TreeTask>,
  places: ReadonlyMap<string, Place>,
): Trace {
  const pairs = family.flatMap((task) =>
    knownParents(byId, task)
      .map((parent) => [places.get(parent)!, places.get(task.id)!])
  );
  return {
    type: "scatter",
    mode: "lines",
    name: "shown to its proposer",
    x: pairs.flatMap(([from, to]) => [from.x, to.x, to.x]),
    // A null interrupts the line.
    y: pairs.flatMap(([from, to]) => [from.y, to.y, null]),
    hoverinfo: "skip",
    line: { color: "#bbbbbb", width: 1 },
  };
}

function nodes(
  members: readonly TreeTask[],
  places: ReadonlyMap<string, Place>,
): Trace {
  const [{ mode }] = members;
  return {
    type: "scatter",
    mode: "markers",
    name: mode,
    x: members.map(({ id }) => places.get(id)!.x),
    y: members.map(({ id }) => places.get(id)!.y),
    hovertext: members.map(({ id }) => id),
    hoverinfo: "text",
    marker: { color: MODE_COLOURS[mode], size: 10 },
  };
}

/** A program as text: Plotly reads markup in labels. */
function label({ program }: TreeTask): string {
  return program.source.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function knownParents(
  byId: ReadonlyMap<string, TreeTask>,
  { provenance }: TreeTask,
): string[] {
  return [...new Set(provenance.parents)].filter((id) => byId.has(id));
}
