/**
 * The corpus as token batches: documents of similar length, padded little.
 *
 * Documents are drawn fresh without end (no epochs). A chunk of them is sorted
 * by length, cut into batches and shuffled, so that batches differ in length
 * from step to step but hold little padding. Prompts carry a small loss weight:
 * they teach the language, the responses teach the task.
 */

import type { LanguageModelExample, Tokenizer } from "../model/mod.ts";
import type { RandomStream } from "../random.ts";
import type { DocumentWriter } from "./world/documents.ts";

/** Number of documents that are sorted together. */
const CHUNK_DOCUMENTS = 1024;

/** The size of batches and the weight of prompts. */
export interface CorpusOptions {
  /** Most tokens of a batch, padding included. */
  batchTokens: number;
  /** Longest document in tokens; longer ones are left out. */
  longestDocument: number;
  /** Loss weight of prompt tokens; response tokens have weight 1. */
  promptWeight: number;
  /**
   * Most positions that are left free between prompt and response, drawn uniformly for
   * each document, so that nothing is found by its distance from the prompt. Rotary
   * attention sees differences of positions only: to move prompt and response together
   * would change nothing. Absent: 0.
   */
  responseOffset?: number;
}

/** Encodes a document as tokens with loss weights. */
function toExample(
  tokenizer: Tokenizer,
  prompt: string,
  response: string,
  promptWeight: number,
): LanguageModelExample {
  const promptTokens = tokenizer.encodePrompt(prompt);
  const responseTokens = tokenizer.encode(response);
  const weights = [
    ...promptTokens.map(() => promptWeight),
    ...responseTokens.map(() => 1),
  ];
  weights[0] = 0;
  return { tokens: [...promptTokens, ...responseTokens], weights };
}

/** Returns a document whose response, the tokens of weight 1, lies `offset` positions later. */
export function movedApart(
  example: LanguageModelExample,
  offset: number,
): LanguageModelExample {
  const response = example.weights.indexOf(1);
  const positions = example.tokens.map((_, i) => i < response ? i : i + offset);
  return { ...example, positions };
}

/** Yields batches of at most `batchTokens` padded tokens without end, from fresh documents. */
export function* corpusBatches(
  writer: DocumentWriter,
  tokenizer: Tokenizer,
  random: RandomStream,
  options: CorpusOptions,
): Generator<LanguageModelExample[], never> {
  for (;;) {
    const chunk: LanguageModelExample[] = [];
    while (chunk.length < CHUNK_DOCUMENTS) {
      const { prompt, response } = writer.next();
      const example = toExample(
        tokenizer,
        prompt,
        response,
        options.promptWeight,
      );
      if (example.tokens.length > options.longestDocument) continue;
      const { responseOffset } = options;
      chunk.push(
        responseOffset
          ? movedApart(example, random.integer(0, responseOffset))
          : example,
      );
    }
    yield* random.shuffle(cutIntoBatches(chunk, options.batchTokens));
  }
}

function cutIntoBatches(
  examples: readonly LanguageModelExample[],
  batchTokens: number,
): LanguageModelExample[][] {
  const sorted = examples.toSorted((a, b) => a.tokens.length - b.tokens.length);
  const batches: LanguageModelExample[][] = [];
  let batch: LanguageModelExample[] = [];
  for (const example of sorted) {
    const padded = example.tokens.length * (batch.length + 1);
    if (batch.length > 0 && padded > batchTokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(example);
  }
  batches.push(batch);
  return batches;
}
