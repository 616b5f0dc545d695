/**
 * Cutting of samples at stop strings, for servers that support stop tokens only or
 * return text behind a stop.
 */
import type {
  EngineSamplingOptions,
  Sample,
  StopText,
} from "../method/engine.ts";

/** Returns the sample up to the end of its first stop string. */
export function cutAtStopText(sample: Sample, stopText?: StopText): Sample {
  if (stopText === undefined || stopText.strings.length === 0) return sample;
  const { tokens, logProbs } = sample;
  const stops = (count: number) => {
    const text = stopText.decode(tokens.slice(0, count));
    return stopText.strings.some((stop) => text.includes(stop));
  };
  if (!stops(tokens.length)) return sample;
  let [without, kept] = [0, tokens.length];
  while (kept - without > 1) {
    const middle = Math.floor((without + kept) / 2);
    if (stops(middle)) kept = middle;
    else without = middle;
  }
  return {
    tokens: tokens.slice(0, kept),
    logProbs: logProbs.slice(0, kept),
    finish: "stop",
  };
}

/** Cuts a sample behind its first stop token or stop string, for servers that continue after a stop. */
export function cutAtStop(
  sample: Sample,
  { stopTokens, stopText }: EngineSamplingOptions,
): Sample {
  const cut = cutAtStopText(sample, stopText);
  const end = cut.tokens.findIndex((token) => stopTokens.includes(token)) + 1;
  if (end === 0 || end === cut.tokens.length) return cut;
  return {
    tokens: cut.tokens.slice(0, end),
    logProbs: cut.logProbs.slice(0, end),
    finish: "stop",
  };
}

/** Returns stop tokens and stop strings as strings, for servers that support no others. */
export function stopStringsOf(options: EngineSamplingOptions): string[] {
  const { stopTokens, stopText } = options;
  if (stopText === undefined) return [];
  return [
    ...stopTokens.map((token) => stopText.decode([token])),
    ...stopText.strings,
  ].filter((stop) => stop !== "");
}
