/**
 * Sampling of text with stop strings.
 *
 * A sample ends at the first stop string in its text. Later tokens are dropped, so that
 * they are neither scored nor trained on. Left out: chat templates (chat.ts).
 */
import type { Sample, SampleRequest, SamplingOptions } from "../requests.ts";
import type { Decoder } from "../decoder.ts";
import { sampleBatch } from "./sampling.ts";
import type { Tokenizer } from "../tokenizer.ts";

/** A sample with its text, cut before the stop string or stop token. */
export interface TextSample extends Sample {
  text: string;
}

/**
 * Samples text; requests and options are those of `sampleBatch`. Throws when the
 * tokenizer has tokens that the model lacks.
 */
export async function sampleText(
  model: Decoder,
  tokenizer: Tokenizer,
  requests: readonly (Omit<SampleRequest, "promptTokens"> & {
    prompt: string;
  })[],
  options: SamplingOptions & { stopStrings?: readonly string[] },
): Promise<TextSample[][]> {
  tokenizer.requireFits(model.config);
  const { stopStrings = [] } = options;
  const groups = await sampleBatch(
    model,
    requests.map(({ prompt, ...request }) => ({
      ...request,
      promptTokens: tokenizer.encodePrompt(prompt),
    })),
    options,
    stopStrings.length === 0
      ? undefined
      : (tokens) => stopAt(tokenizer, tokens, stopStrings),
  );
  return groups.map((group) =>
    group.map((sample) => ({
      ...sample,
      text: textOf(tokenizer, sample, options.stopTokens, stopStrings),
    }))
  );
}

/** Returns the number of tokens up to the end of the first stop string; null where there is none. */
export function stopAt(
  tokenizer: Pick<Tokenizer, "decode">,
  tokens: readonly number[],
  stopStrings: readonly string[],
): number | null {
  // Rows are checked every few tokens, and a token is at least a byte long.
  const longest = Math.max(...stopStrings.map((stop) => 4 * stop.length));
  const from = Math.max(0, tokens.length - longest - 16);
  const contains = (count: number) => {
    const text = tokenizer.decode(tokens.slice(from, count));
    return stopStrings.some((stop) => text.includes(stop));
  };
  if (!contains(tokens.length)) return null;
  let count = tokens.length;
  while (count > from + 1 && contains(count - 1)) count--;
  return count;
}

function textOf(
  tokenizer: Tokenizer,
  { tokens, finish }: Sample,
  stopTokens: readonly number[],
  stopStrings: readonly string[],
): string {
  const ended = finish === "stop" && stopTokens.includes(tokens.at(-1)!);
  const text = tokenizer.decode(ended ? tokens.slice(0, -1) : tokens);
  const ends = stopStrings.map((stop) => text.indexOf(stop))
    .filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
