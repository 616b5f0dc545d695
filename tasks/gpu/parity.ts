/**
 * The same numbers on a card as on the processor: logits, loss and gradient of the three
 * families, and of a model so large that it takes a large model's way (slices of logits, a
 * sink of gradients, layers computed twice without graphs).
 */
import { createModel, startBackend } from "../../lib/model/mod.ts";
import { AdamW, defaultOptimiser, modelConfig } from "../../lib/model/mod.ts";
import { languageModelStep } from "../../lib/model/mod.ts";
import { fusedMomentsWork } from "../../lib/model/native/moments_fused.ts";
import { computesOnCard, runsGraphs } from "../../lib/model/backend.ts";
import { randomStream } from "../../lib/random.ts";

const SHAPE = {
  vocab_size: 300,
  hidden_size: 64,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 96,
  initializer_range: 0.2,
};

/** The models that are compared. */
const MODELS = {
  qwen2: { ...SHAPE, model_type: "qwen2" },
  qwen3: { ...SHAPE, model_type: "qwen3" },
  llama: { ...SHAPE, model_type: "llama" },
  "llama, a large vocabulary": {
    ...SHAPE,
    model_type: "llama",
    vocab_size: 263_000,
  },
} as const;

/** About so many numbers of a gradient or of logits are compared, evenly spread. */
const COMPARED = 5000;

/** The numbers of a model on this process's backend. */
export interface Numbers {
  logits: number[];
  loss: number;
  gradient: number[];
}

/** Computes the numbers of all models, and says where. */
export async function numbersHere() {
  const { name } = await startBackend();
  const numbers: Record<string, Numbers> = {};
  for (const [i, [family, shape]] of Object.entries(MODELS).entries()) {
    numbers[family] = await numbersOf(shape, 5 + i);
  }
  return {
    backend: name,
    onCard: computesOnCard(),
    graphs: runsGraphs(),
    fusedMoments: fusedMomentsWork(),
    numbers,
  };
}

async function numbersOf(
  shape: typeof MODELS[keyof typeof MODELS],
  seed: number,
) {
  const model = createModel(modelConfig(shape), seed);
  const stream = randomStream(1, "parity");
  const documents = Array.from(
    { length: 4 },
    (_, row) =>
      Array.from({ length: 12 + 4 * row }, () => stream.integer(2, 299)),
  );
  const logits = model.forward([documents[0].slice(0, 12)]);
  const optimiser = new AdamW(model);
  // Without momentum and rate the first moment is the gradient.
  const still = { ...defaultOptimiser, learningRate: 0, beta1: 0 };
  const { loss } = await languageModelStep(
    model,
    optimiser,
    documents.map((tokens) => ({ tokens, weights: tokens.map(() => 1) })),
    { ...still, maxGradientNorm: 1e9 },
  );
  const { firstMoment } = await optimiser.state();
  const numbers = {
    logits: some(await logits.data() as Float32Array),
    loss,
    gradient: some(firstMoment),
  };
  logits.dispose();
  optimiser.dispose();
  model.dispose();
  return numbers;
}

function some(values: Float32Array): number[] {
  // An odd distance, so that no column of a matrix is passed over.
  const every = 2 * Math.ceil(values.length / COMPARED / 2) + 1;
  return Array.from(values.filter((_, i) => i % every === 0));
}

/** Largest differences that count as equal, as shares of the largest number. */
export const TOLERANCE = { logits: 1e-4, loss: 1e-4, gradient: 1e-3 };

/** Returns how far two sets of numbers are apart, and whether that is equal. */
export function compare(ours: Numbers, theirs: Numbers) {
  const errors = {
    logits: apart(ours.logits, theirs.logits),
    loss: apart([ours.loss], [theirs.loss]),
    gradient: apart(ours.gradient, theirs.gradient),
  };
  const equal = (Object.keys(TOLERANCE) as (keyof typeof TOLERANCE)[])
    .every((what) => errors[what] <= TOLERANCE[what]);
  return { equal, errors };
}

function apart(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / largest;
}
