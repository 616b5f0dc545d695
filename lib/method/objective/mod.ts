/** The objective's side that is made here: weights of tokens, groups and roles. */

export * from "./weights.ts";
