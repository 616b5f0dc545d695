/** The world: generated programs, their documents, splits and vocabulary. */

export * from "./config.ts";
export * from "./documents.ts";
export * from "./generator.ts";
export * from "./held_out.ts";
export * from "./induction_trace.ts";
export * from "./maths.ts";
export * from "./operations.ts";
export * from "./program.ts";
export * from "./splits.ts";
export * from "./trace.ts";
export * from "./value.ts";
export * from "./vocabulary.ts";
