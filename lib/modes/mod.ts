/** Modes: what a task is, how it is asked, and how its answer is read. */

export * from "./compact.ts";
export * from "./task.ts";
