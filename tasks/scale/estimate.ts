/**
 * What a step of the paper costs, from the config, response lengths and a card's data
 * sheet. Nothing here was measured on a card: a row is a range of two utilisations.
 *
 * N parameters, T sampled tokens, c the mean context, G cards:
 *
 *     training   8 N T_trained / (G F u)   forward 2, backward 4, forward again 2 for
 *                                           recomputed layers; and 2 N for old log-probabilities
 *     sampling   the largest of
 *                2 N T / (G F u)                              arithmetic
 *                (T / B · 2 N + T c k) / (G W u)              weights and keys read, B rows at once
 *                2 · longest · 2 N / (g W u)                  the longest of each role, alone on its g cards
 *     network    2 N bytes to the sampler, and 3 · 2 N (G - 1) / G for each micro-batch (FSDP)
 *
 * (Kaplan et al. 2020 for 2 N and 6 N; Rajbhandari et al. 2020 for 16 bytes a parameter.)
 */
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import {
  memoryOf,
  type MemoryPlan,
  trainedNumbers,
} from "../selfplay/memory_plan.ts";
import type { Card } from "./cards.ts";

type ModelConfig = MemoryPlan["config"];

/** Assumptions, each by name: they stand above the table that follows from them. */
export const ASSUMED = {
  /** Mean response by mode: half of where the curves of figures 15 to 17 end. */
  responseTokens: { abduction: 2000, induction: 1000, deduction: 700 },
  promptTokens: 1000,
  /** Share of proposals that become tasks. */
  valid: 0.8,
  /** Share of a card's arithmetic in training, and of its bandwidth in sampling. */
  utilisation: { low: 0.25, high: 0.5 },
  /** Share of a card's memory that weights, states and keys may take. */
  memory: 0.85,
  /** Sequences of a micro-batch (official scripts: 16 a card). */
  microBatch: 16,
};

/** The sequences and tokens of a step. */
export interface Workload {
  proposals: number;
  trainedSequences: number;
  sampledSequences: number;
  sampledTokens: number;
  trainedTokens: number;
  executorJobs: number;
}

/** Returns what a step samples, trains on and executes. */
export function workloadOf(config: SelfPlayConfig): Workload {
  const { proposalsPerMode: batch, rolloutsPerTask: n, modes } = config;
  const estimates = batch * ASSUMED.valid * n;
  const responses = modes.map((mode) =>
    ASSUMED.responseTokens[mode as keyof typeof ASSUMED.responseTokens]
  );
  const perMode = responses.reduce((sum, tokens) => sum + tokens, 0);
  const sequences = 2 * batch * modes.length;
  // Ten inputs a program of induction, to validate; five hidden ones, to verify.
  const validated = batch * (modes.length - 1) + 10 * batch;
  const verified = (batch + estimates) * (modes.length - 1) +
    5 * (batch + estimates);
  return {
    proposals: batch * modes.length,
    trainedSequences: sequences,
    sampledSequences: sequences + estimates * modes.length,
    sampledTokens: (2 * batch + estimates) * perMode,
    trainedTokens: 2 * batch * perMode +
      sequences * ASSUMED.promptTokens,
    executorJobs: validated + verified,
  };
}

/** Bytes of the keys and values of a token, in 16 bits. */
export function keyBytes(model: ModelConfig): number {
  const { num_hidden_layers, num_key_value_heads, head_dim } = model;
  return 2 * 2 * num_hidden_layers * num_key_value_heads * head_dim;
}

/** Returns 10^9 bytes of weights, gradients and moments: 16 a parameter, in 32 bits or mixed. */
export function stateGigabytes(model: ModelConfig): number {
  const { weights, gradients, moments } = memoryOf({
    ...{ config: model, weightBytes: 4, loraRank: 0 },
    ...{ graphs: false, recomputesLayers: true, batchTokens: 1, rowTokens: 1 },
    ...{ sampledRows: 1, sampledTokens: 1 },
  });
  return (weights + gradients + moments) / 1e9;
}

/** Returns the fewest cards, as a power of 2, that hold the states and a 16-bit copy to sample from. */
export function cardsFor(model: ModelConfig, card: Card): number {
  const needed = stateGigabytes(model) + 2 * trainedNumbers(model, 0) / 1e9;
  // A tenth of a card at least is left for a micro-batch, the rest for keys and values.
  const least = needed / (card.memory * (ASSUMED.memory - 0.1));
  return 2 ** Math.max(0, Math.ceil(Math.log2(least)));
}

/** Seconds of a step's parts at one utilisation. */
export interface Seconds {
  sampling: number;
  training: number;
  network: number;
  /** Which of arithmetic, reading or the longest response bounds the sampling. */
  bound: "arithmetic" | "reading" | "longest response";
}

/** Returns the seconds of a step on `cards` cards. */
export function secondsOf(
  model: ModelConfig,
  card: Card,
  { config, cards, use }: {
    config: SelfPlayConfig;
    cards: number;
    use: number;
  },
): Seconds {
  const work = workloadOf(config);
  const parameters = trainedNumbers(model, 0);
  const flops = cards * card.teraflops * 1e12 * use;
  const reads = card.bandwidth * 1e9 * use;
  const context = ASSUMED.promptTokens +
    work.sampledTokens / work.sampledSequences / 2;
  const free = cards * card.memory * ASSUMED.memory -
    stateGigabytes(model) - 2 * parameters / 1e9;
  const atOnce = Math.max(1, free * 1e9 / (context * keyBytes(model)));
  const replicas = cards / cardsFor(model, card);
  const rows = Math.min(work.sampledSequences, atOnce) / replicas;
  const bounds = {
    arithmetic: 2 * parameters * work.sampledTokens / flops,
    reading: (work.sampledTokens / rows * 2 * parameters +
      work.sampledTokens * context * keyBytes(model)) / (cards * reads),
    "longest response": 2 * config.maxSolutionTokens * 2 * parameters /
      (cardsFor(model, card) * reads),
  };
  const [bound, sampling] = Object.entries(bounds)
    .reduce((most, one) => one[1] > most[1] ? one : most);
  const microBatches = Math.ceil(
    work.trainedSequences / ASSUMED.microBatch / cards,
  );
  const moved = 2 * parameters *
    (1 + 3 * microBatches * (cards - 1) / cards);
  return {
    sampling,
    bound: bound as Seconds["bound"],
    training: 10 * parameters * work.trainedTokens / flops,
    network: cards === 1 ? 0 : moved / (card.link * 1e9),
  };
}
