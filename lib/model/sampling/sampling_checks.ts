/**
 * The checks of requests and options before sampling begins.
 *
 * Backends treat meaningless values differently: by an error of their own, zeros, or
 * tokens from another distribution. The checks name the field that is wrong.
 */
import type { ModelConfig } from "../config.ts";
import type { SampleRequest, SamplingOptions } from "../requests.ts";

/** Throws with the name of the field that is wrong. */
export function checkSampling(
  config: ModelConfig,
  requests: readonly SampleRequest[],
  options: SamplingOptions,
): void {
  checkOptions(options, config.vocab_size);
  requests.forEach((request, i) => checkRequest(request, i, config));
}

function checkRequest(
  { promptTokens, count, maxNewTokens }: SampleRequest,
  index: number,
  { max_position_embeddings: context, vocab_size: vocabulary }: ModelConfig,
) {
  const place = `requests[${index}]`;
  for (const [field, value] of Object.entries({ count, maxNewTokens })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new Error(`${place}.${field} is ${value}; it must be 0, 1, 2, ...`);
    }
  }
  if (promptTokens.length === 0) {
    throw new Error(
      `${place}.promptTokens is empty; begin with at least one token, such as ` +
        `the tokenizer's beginning of a sequence`,
    );
  }
  if (promptTokens.length > context) {
    throw new Error(
      `${place}.promptTokens has ${promptTokens.length} tokens, more than the ` +
        `model's context of ${context}; shorten the prompt`,
    );
  }
  const strange = promptTokens.find((id) => !isTokenId(id, vocabulary));
  if (strange !== undefined) {
    throw new Error(
      `${place}.promptTokens holds ${strange}, but the model's vocabulary is ` +
        `0..${vocabulary - 1}; encode the prompt with this model's tokenizer`,
    );
  }
}

function checkOptions(options: SamplingOptions, vocabulary: number) {
  const { temperature, topP, topK, bannedTokens = [] } = options;
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new Error(
      `temperature is ${temperature}; it must be 0 (greedy) or a positive number`,
    );
  }
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    throw new Error(
      `topP is ${topP}; it must lie in (0, 1], and temperature 0 is greedy`,
    );
  }
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 0)) {
    throw new Error(
      `topK is ${topK}; it must be a whole number, 0 for no limit`,
    );
  }
  const strange = bannedTokens.find((id) => !isTokenId(id, vocabulary));
  if (strange !== undefined) {
    throw new Error(
      `bannedTokens holds ${strange}, but the model's vocabulary is ` +
        `0..${vocabulary - 1}`,
    );
  }
  if (new Set(bannedTokens).size === vocabulary) {
    throw new Error(`bannedTokens holds every token; leave at least one`);
  }
}

function isTokenId(id: number, vocabulary: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < vocabulary;
}
