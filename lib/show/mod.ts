/**
 * What a notebook needs besides the method: figures, live plots, progress and a way
 * to stop. Importing this file in a kernel also puts printed lines in order with
 * displays and keeps the kernel alive when the ■ button is pressed.
 */

import "./notebook/install.ts";

export type { EvaluatedItem } from "./figures/accuracy.ts";
export { bufferGrowth } from "./figures/buffer_growth.ts";
export { dotIntervals } from "./figures/dot_intervals.ts";
export type { Figure } from "./figures/figure.ts";
export {
  accuracyCurve,
  armCurves,
  learningCurves,
} from "./figures/learning_curves.ts";
export { lineChart } from "./figures/line_chart.ts";
export { solveRateCurves, thinkingRateCurves } from "./figures/run_curves.ts";
export {
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "./figures/style.ts";
export { tokenUseBars } from "./figures/token_use.ts";
export { stopSignal, tick } from "./notebook/interrupt.ts";
export { live } from "./notebook/live.ts";
export { progress } from "./notebook/progress.ts";
export { show } from "./notebook/show.ts";
