/** Rewards of both roles: learnability, correctness, format, intrinsic terms. */

export * from "./composite.ts";
export * from "./intrinsic.ts";
export * from "./learnability.ts";
