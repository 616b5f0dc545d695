/**
 * What a notebook needs besides the method: figures, live plots, progress bars
 * and a way to stop. Importing it in a kernel also puts printed lines in order
 * with displays and keeps the kernel alive when the ■ button is pressed.
 */

import { installListeners } from "./interrupt.ts";
import { installOrderedConsole } from "./ordered_console.ts";

export { stopSignal, tick, UNCAUGHT_ERRORS } from "./interrupt.ts";
export { live, type LivePlot } from "./live.ts";
export { type Progress, progress } from "./progress.ts";
export { figureBundle, PLOTLY_MIME, show } from "./show.ts";

installOrderedConsole();
installListeners();
