/** Descriptions of outcomes for readers. */

import type { Outcome } from "./outcome.ts";

/** Describes an outcome in one line for a reader. Programs test `outcome.kind` instead. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "value":
      return outcome.literal;
    case "thrown":
      return outcome.message
        ? `${outcome.name}: ${outcome.message}`
        : outcome.name;
    case "fuel":
      return `still running after ${outcome.fuel} steps`;
    case "memory":
      return "out of memory";
    case "syntax":
      return outcome.message;
    case "refused":
    case "nondeterministic":
    case "badArgument":
    case "policy":
    case "infrastructure":
      return outcome.reason;
  }
}
