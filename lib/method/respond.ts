/** Sampling responses: from prompts as tokens to responses as the dialect reads them. */

import type { Engine, SampleRequest } from "./engine.ts";
import type { Dialect, Role } from "./modes/dialect.ts";
import type { TextCodec } from "./setting.ts";
import type { Response } from "./stages.ts";

/** A model, its tokenizer and the dialect it speaks. */
export interface Speaker {
  engine: Pick<Engine, "sample">;
  tokenizer: TextCodec;
  dialect: Dialect;
}

/** The sampling options of responses. */
interface RespondOptions {
  /** Who responds; decides where a response ends. */
  role: Role;
  /** 0 is greedy. */
  temperature: number;
  topP?: number;
  bannedTokens?: readonly number[];
  /** When aborted, sampling ends at once with the signal's reason. */
  stop?: AbortSignal;
}

/** A prompt to respond to. */
interface RespondRequest extends SampleRequest {
  promptTokens: number[];
}

/**
 * Samples the responses to each prompt, in order. A response ends with one of the
 * model's end tokens or with a stop string of the dialect.
 */
export async function sampleResponses(
  { engine, tokenizer, dialect }: Speaker,
  requests: readonly RespondRequest[],
  { role, temperature, topP, bannedTokens = [], stop }: RespondOptions,
): Promise<Response[][]> {
  const strings = dialect.stopStrings[role];
  const samples = await engine.sample(requests, {
    temperature,
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stop }),
    bannedTokens,
    stopTokens: [...tokenizer.endIds],
    ...(strings.length > 0 && {
      stopText: {
        strings,
        decode: (tokens: readonly number[]) => tokenizer.decode(tokens),
      },
    }),
  });
  return requests.map(({ promptTokens }, i) =>
    samples[i].map((sample) => ({
      promptTokens,
      sample,
      text: tokenizer.decode(sample.tokens, {
        skipSpecial: !dialect.keepsSpecialTokens,
      }),
      bannedTokens,
    }))
  );
}
