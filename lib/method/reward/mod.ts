/** The rewards of both roles: learnability, correctness and form; and pass@k. */

export * from "./composite.ts";
export * from "./learnability.ts";
export * from "./pass_at_k.ts";
