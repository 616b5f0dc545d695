/**
 * Stop strings on this side of the line, for engines whose server knows only
 * stop tokens or hands on more than was asked for.
 */
import type {
  EngineSamplingOptions,
  Sample,
  StopText,
} from "../method/engine.ts";

/** The sample up to and with its first stop string; what was written after it is dropped. */
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

/** Cut behind its first stop token or stop string, whichever comes first: for servers that go on. */
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

/** Stop tokens and stop strings, all as strings, for servers that know only those. */
export function stopStringsOf(options: EngineSamplingOptions): string[] {
  const { stopTokens, stopText } = options;
  if (stopText === undefined) return [];
  return [
    ...stopTokens.map((token) => stopText.decode([token])),
    ...stopText.strings,
  ].filter((stop) => stop !== "");
}
