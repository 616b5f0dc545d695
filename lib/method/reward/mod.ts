/** Rewards of both roles: learnability, correctness and format; and pass@k. */

export * from "./composite.ts";
export * from "./learnability.ts";
export * from "./pass_at_k.ts";
