/** Evaluation: per-item results, their statistics and summaries. */

export * from "./evaluate.ts";
export * from "./statistics.ts";
export * from "./summary.ts";
