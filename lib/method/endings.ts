/** Where a response ends: at one of the model's end tokens, or at a stop string of the dialect. */

import type { EngineSamplingOptions } from "../engines/mod.ts";
import type { Setting } from "./records.ts";

export function endings(
  { tokenizer, dialect }: Pick<Setting, "tokenizer" | "dialect">,
): Pick<EngineSamplingOptions, "stopTokens" | "stopText"> {
  const stopTokens = [...tokenizer.endIds];
  if (dialect.stopStrings.length === 0) return { stopTokens };
  return {
    stopTokens,
    stopText: {
      strings: dialect.stopStrings,
      decode: (tokens) => tokenizer.decode(tokens),
    },
  };
}
