/**
 * What a figure is: data and layout as Plotly takes them, as plain JSON.
 *
 * Only attributes of Plotly 3 are used, which every front end that draws the
 * figures understands.
 */

/** One trace: a curve, a set of bars. The attributes named here are the ones read back. */
export interface Trace {
  type?: string;
  name?: string;
  x?: ArrayLike<number | string>;
  y?: ArrayLike<number | string | null>;
  line?: { color?: string; dash?: string; width?: number; shape?: string };
  [attribute: string]: unknown;
}

/** Layout attributes; `title` in the form of Plotly 3. */
export interface Layout {
  title?: { text?: string; [attribute: string]: unknown };
  width?: number;
  height?: number;
  [attribute: string]: unknown;
}

/** A Plotly figure: traces, layout and options, as plain data. */
export interface Figure {
  data: Trace[];
  layout: Layout;
  config?: Record<string, unknown>;
  /** States that a slider or button leads to. */
  frames?: Record<string, unknown>[];
}

export function numbers(values: Trace["y"]): number[] {
  return Array.from(values ?? [], Number);
}
