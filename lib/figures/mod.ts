/** Figures: builders that turn the rows of a run into Plotly figures. */

export * from "./accuracy.ts";
export * from "./advantage.ts";
export * from "./estimators.ts";
export * from "./family_tree.ts";
export * from "./figure.ts";
export * from "./learnability.ts";
export * from "./line_chart.ts";
export * from "./matrix.ts";
export * from "./model_bench.ts";
export * from "./proposals.ts";
export * from "./ratios.ts";
export * from "./run_curves.ts";
export * from "./sampled_steps.ts";
export * from "./solve_rate_histogram.ts";
export * from "./solve_rates.ts";
export * from "./style.ts";
export * from "./throughput.ts";
export * from "./token_bars.ts";
export * from "./token_labels.ts";
export * from "./token_use.ts";
