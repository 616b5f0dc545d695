/** The buffers: the tasks that a run has collected, and how tasks are drawn from them. */

export * from "./buffers.ts";
export * from "./identity.ts";
export * from "./sampler.ts";
export * from "./task_buffer.ts";
