/**
 * A real model, small enough to be taught a handful of documents in seconds:
 * it can then propose and solve a little, and get things wrong.
 */

import { LocalEngine } from "../../lib/engines/local.ts";
import {
  AdamW,
  createModel,
  defaultOptimiser,
  languageModelStep,
  modelConfig,
  startBackend,
  type Tokenizer,
} from "../../lib/model/mod.ts";
import {
  abductionPrompt,
  deductionPrompt,
  inductionPrompt,
  proposeInductionPrompt,
  proposePrompt,
} from "../../lib/method/modes/compact_words.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";
import { type RandomStream, randomStream } from "../../lib/random.ts";

/** Four short steps, in which the taught model learns visibly. */
export const SHORT_PLAY: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 4,
  proposalsPerMode: 5,
  rolloutsPerTask: 4,
  seedTasksPerMode: 6,
  seedRounds: 3,
  maxProposalTokens: 32,
  maxSolutionTokens: 24,
  learningRate: 2e-3,
};

/** Prompt and response of one document about `x=>x+c`. */
function document(stream: RandomStream): [string, string] {
  const constant = stream.integer(1, 3);
  const program = `x=>x+${constant}`;
  const call = () => {
    const argument = stream.integer(1, 6);
    return { argument: `${argument}`, output: `${argument + constant}` };
  };
  const { argument, output } = call();
  const mode = stream.choice(["deduction", "abduction"] as const);
  const identity = { program: "x=>x", argument: '"abc"', output: '"abc"' };
  const references = stream.next() < 0.4
    ? [identity]
    : [{ program, ...call() }, { program: "x=>x+2", ...call() }];
  return stream.choice<() => [string, string]>([
    () => [deductionPrompt(program, argument), `<a>${output}<eos>`],
    () => [abductionPrompt(program, output), `<a>${argument}<eos>`],
    () => [
      inductionPrompt([call(), call(), call()]),
      `<a>${program}<eos>`,
    ],
    () => [proposePrompt(mode, references), `${program}<i>${argument}<eos>`],
    () => [
      proposeInductionPrompt(program),
      `${stream.shuffle([1, 2, 3, 4, 5, 6]).join("<i>")}<eos>`,
    ],
  ])();
}

/** An engine taught for `steps` batches of 24 documents; equal calls give equal weights. */
export async function taughtEngine(
  tokenizer: Tokenizer,
  steps: number,
): Promise<LocalEngine> {
  await startBackend();
  const model = createModel(
    modelConfig({
      model_type: "llama",
      vocab_size: tokenizer.vocabularySize,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      intermediate_size: 64,
      max_position_embeddings: 256,
      initializer_range: 0.08,
    }),
    1,
  );
  const optimiser = new AdamW(model);
  for (let step = 0; step < steps; step++) {
    const examples = Array.from({ length: 24 }, (_, i) => {
      const stream = randomStream(1, "teach", step, i);
      const [prompt, response] = document(stream);
      const promptTokens = tokenizer.encode(prompt);
      const responseTokens = tokenizer.encode(response);
      return {
        tokens: [...promptTokens, ...responseTokens],
        weights: [
          ...promptTokens.map(() => 0.05),
          ...responseTokens.map(() => 1),
        ],
      };
    });
    await languageModelStep(model, optimiser, examples, {
      ...defaultOptimiser,
      learningRate: 1e-2,
    });
  }
  optimiser.dispose();
  return new LocalEngine(model);
}
