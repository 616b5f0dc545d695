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
 * The ancestors of one task: columns are generations, lines lead from parents
 * to children. Throws where the task is not among `tasks`.
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
  const tallest = Math.max(...[...places.values()].map(({ rows }) => rows));
  return styledFigure(
    {
      title: `The ancestors of ${label(last)}`,
      x: "generation",
      y: "",
    },
    traces,
    {
      height: 220 + 40 * tallest,
      margin: { l: 30, r: 30, t: 60, b: 90 },
      xaxis: { dtick: 1, range: [-0.4, generations(tasks).get(id)! + 0.6] },
      yaxis: { visible: false, range: [-1, tallest - 0.2] },
      legend: { orientation: "h", y: -0.3 },
    },
  );
}

interface Place {
  x: number;
  y: number;
  /** Tasks in its column. */
  rows: number;
}

/** Columns by generation, each centred. */
function placesOf(
  family: readonly TreeTask[],
  depths: ReadonlyMap<string, number>,
): Map<string, Place> {
  const columns = new Map<number, TreeTask[]>();
  for (const task of family) {
    const depth = depths.get(task.id)!;
    columns.set(depth, [...columns.get(depth) ?? [], task]);
  }
  const tallest = Math.max(...[...columns.values()].map((c) => c.length));
  const places = new Map<string, Place>();
  for (const [x, column] of columns) {
    column.forEach(({ id }, i) => {
      // Odd columns a little lower, so that lines and labels of neighbours part.
      const middle = (i + 0.5) * tallest / column.length - 0.5;
      const y = middle - (x % 2 === 1 ? 0.25 : 0);
      places.set(id, { x, y, rows: column.length });
    });
  }
  return places;
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
    mode: "markers+text",
    name: mode,
    x: members.map(({ id }) => places.get(id)!.x),
    y: members.map(({ id }) => places.get(id)!.y),
    text: members.map(label),
    textposition: members.map(({ id }) =>
      places.get(id)!.x % 2 === 1 ? "bottom center" : "top center"
    ),
    textfont: { size: 10 },
    hovertext: members.map(({ id }) => id),
    hoverinfo: "text",
    marker: { color: MODE_COLOURS[mode], size: 9 },
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
