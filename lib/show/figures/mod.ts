/** Figures: builders that turn the rows of a run into Plotly figures. */

export * from "./accuracy.ts";
export * from "./buffer_growth.ts";
export * from "./dot_intervals.ts";
export * from "./figure.ts";
export * from "./learning_curves.ts";
export * from "./line_chart.ts";
export * from "./panels.ts";
export * from "./run_curves.ts";
export * from "./seed_bands.ts";
export * from "./style.ts";
export * from "./token_use.ts";
