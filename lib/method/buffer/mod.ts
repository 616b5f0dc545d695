/** Buffers: the tasks a run has collected, and how they are drawn from. */

export * from "./buffers.ts";
export * from "./identity.ts";
export * from "./sampler.ts";
export * from "./task_buffer.ts";
