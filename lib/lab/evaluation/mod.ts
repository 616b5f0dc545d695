/** Evaluation: per-item results, their statistics and summaries. */

export { passAtK } from "../../method/reward/mod.ts";
export * from "./evaluate.ts";
export * from "./statistics.ts";
export * from "./summary.ts";
