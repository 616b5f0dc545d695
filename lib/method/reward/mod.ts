/** Rewards of both roles: learnability, correctness, format, intrinsic terms; and pass@k. */

export * from "./composite.ts";
export * from "./intrinsic.ts";
export * from "./learnability.ts";
export * from "./pass_at_k.ts";
