/** The forms of traces by name: how deduction thinks forwards and abduction backwards. */

import { backwardStates, forwardStates } from "./states.ts";
import {
  backwardSketch,
  backwardTrace,
  forwardSketch,
  forwardTrace,
} from "./trace.ts";

/** The two writers of one form. */
export interface TraceForm {
  forward: typeof forwardTrace;
  backward: typeof backwardTrace;
}

export const TRACE_FORMS: Record<"steps" | "states" | "sketch", TraceForm> = {
  steps: { forward: forwardTrace, backward: backwardTrace },
  states: { forward: forwardStates, backward: backwardStates },
  sketch: { forward: forwardSketch, backward: backwardSketch },
};
