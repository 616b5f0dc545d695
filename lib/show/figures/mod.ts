/** Figures: builders that turn the rows of a run into Plotly figures. */

export * from "./accuracy.ts";
export * from "./advantage.ts";
export * from "./depth_accuracy.ts";
export * from "./dot_intervals.ts";
export * from "./estimators.ts";
export * from "./family_tree.ts";
export * from "./figure.ts";
export * from "./learnability.ts";
export * from "./learning_curves.ts";
export * from "./length_histograms.ts";
export * from "./line_chart.ts";
export * from "./panels.ts";
export * from "./proposals.ts";
export * from "./run_curves.ts";
export * from "./sampled_steps.ts";
export * from "./seed_bands.ts";
export * from "./solve_rate_histogram.ts";
export * from "./solve_rates.ts";
export * from "./style.ts";
export * from "./token_labels.ts";
export * from "./token_use.ts";
