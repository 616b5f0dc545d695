/**
 * Objectives, advantages and the report of a step, in the terms of the Tinker API.
 *
 * The engine contract says: the loss is the SUM over response tokens of
 * weight × token loss. The Tinker API defines the same sum, and SkyRL's FSDP
 * and Megatron backends keep to it, but SkyRL's JAX backend (0.3.0, 0.4.0) divides each
 * sequence's sum by the sum of its weights and then the gradient by the number
 * of sequences (`skyrl/backends/jax.py`, `per_seq_loss` and `get_mean`). Weights
 * sent as weights would therefore partly cancel. All three objectives are
 * linear in the advantage for a non-negative weight, so we fold the weight into
 * the advantage, send weights of 0 and 1 only, and undo the server's division
 * when it makes one.
 *
 * Left out: entropy bonus, KL penalty and banned tokens; the API has no place
 * for them, and each is refused by name.
 */
import type { ObjectiveConfig } from "../../method/objective/loss.ts";
import type { TrainSequence } from "../../method/engine.ts";
import type { JsonObject } from "../http.ts";
import { malformed, TinkerError } from "./tinker_http.ts";
import type { WireDatum, WireObjective, WireText } from "./tinker_messages.ts";

/** The reduction of token losses to one number: their sum, or a mean per sequence. */
export type LossReduction = "sum" | "sequence-mean";

/**
 * Returns the API's name and thresholds for an objective. Our `clipLow` and `clipHigh`
 * are distances from ratio 1; the API's thresholds are the ratios themselves.
 *
 * "reinforce" (gradient A·∇log p, no ratio) is CISPO with both thresholds at 1:
 * the clipped, gradient-free ratio is then 1 whatever the policies are.
 */
export function wireObjective(objective: ObjectiveConfig): WireObjective {
  if (objective.entropyCoefficient !== 0) {
    throw new TinkerError(
      "forward_backward",
      `objective.entropyCoefficient is ${objective.entropyCoefficient}, but ` +
        "the Tinker API has no such term; set it to 0 or train with the local engine",
    );
  }
  const low = 1 - objective.clipLow;
  const high = 1 + objective.clipHigh;
  const clip = { clip_low_threshold: low, clip_high_threshold: high };
  switch (objective.objective) {
    case "importance-sampling":
      return { loss_fn: "importance_sampling" };
    case "ppo-clip":
      return { loss_fn: "ppo", loss_fn_config: clip };
    case "cispo":
      return { loss_fn: "cispo", loss_fn_config: clip };
    case "gspo":
      throw new TinkerError(
        "forward_backward",
        'objective.objective is "gspo", which the Tinker API does not have; ' +
          'take "ppo-clip", or train with the local engine',
      );
    case "reinforce":
      return {
        loss_fn: "cispo",
        loss_fn_config: { clip_low_threshold: 1, clip_high_threshold: 1 },
      };
  }
}

/** The parts of a sequence that scoring needs. */
export type ScoredSequence = Pick<
  TrainSequence,
  "promptTokens" | "responseTokens" | "bannedTokens" | "temperature"
>;

export function bannedTokensRefused(field: string): TinkerError {
  return new TinkerError(
    "asample",
    `${field} is not empty, but the Tinker API cannot ban tokens; leave it empty ` +
      "(and let the parser refuse such answers), or use the local engine",
  );
}

/** Returns a prompt and response as the API's `model_input` and shifted `target_tokens`. */
export function scoringDatum(
  sequence: ScoredSequence,
): WireDatum {
  if (sequence.bannedTokens && sequence.bannedTokens.length > 0) {
    throw bannedTokensRefused("sequences[].bannedTokens");
  }
  if ((sequence.temperature ?? 1) !== 1) {
    throw new TinkerError(
      "forward",
      `sequences[].temperature is ${sequence.temperature}, but the Tinker API ` +
        "scores and trains at temperature 1; sample at 1, or use the local engine",
    );
  }
  if (sequence.promptTokens.length === 0) {
    throw new TinkerError(
      "forward",
      "promptTokens is empty: the first token of a text has no log-probability; " +
        "begin the prompt with a begin-of-text or mode token",
    );
  }
  const tokens = [...sequence.promptTokens, ...sequence.responseTokens];
  const targets = tokens.slice(1);
  return {
    model_input: encodedText(tokens.slice(0, -1)),
    loss_fn_inputs: {
      target_tokens: { data: targets },
      weights: { data: targets.map(() => 1) },
    },
  };
}

/**
 * Returns a training datum: prompt positions carry weight 0, response positions weight
 * 1 and an advantage of (advantage × weight), scaled so that a server with this
 * `reduction` and `sequenceCount` sequences in the step ends up with the sum.
 */
export function trainingDatum(
  sequence: TrainSequence,
  reduction: LossReduction,
  sequenceCount: number,
): WireDatum {
  const count = sequence.responseTokens.length;
  const scale = reduction === "sum" ? 1 : count * sequenceCount;
  const advantages = sequence.advantages.map((advantage, token) =>
    advantage * sequence.weights[token] * scale
  );
  const prompt = new Array(sequence.promptTokens.length - 1).fill(0);
  const scored = scoringDatum(sequence);
  return {
    model_input: scored.model_input,
    loss_fn_inputs: {
      ...scored.loss_fn_inputs,
      weights: { data: [...prompt, ...new Array(count).fill(1)] },
      logprobs: { data: [...prompt, ...sequence.oldLogProbs] },
      advantages: { data: [...prompt, ...advantages] },
    },
  };
}

export function encodedText(tokens: readonly number[]): WireText {
  return { chunks: [{ type: "encoded_text", tokens }] };
}

/** Throws on sequences that would train a wrong objective. */
export function checkTrainSequences(sequences: readonly TrainSequence[]): void {
  sequences.forEach((sequence, i) => {
    const count = sequence.responseTokens.length;
    for (const field of ["advantages", "oldLogProbs", "weights"] as const) {
      const values = sequence[field];
      if (values.length !== count || !values.every(Number.isFinite)) {
        throw new TinkerError(
          "forward_backward",
          `sequences[${i}].${field} must hold ${count} finite numbers, one per response token`,
        );
      }
    }
    if (sequence.weights.some((weight) => weight < 0)) {
      throw new TinkerError(
        "forward_backward",
        `sequences[${i}].weights has a negative weight; put the sign into the advantage`,
      );
    }
  });
}

/** Returns the log-probabilities of the response tokens, read from a model pass. */
export function responseLogProbs(
  endpoint: string,
  result: JsonObject,
  sequences: readonly ScoredSequence[],
): number[][] {
  const outputs = result.loss_fn_outputs;
  if (!Array.isArray(outputs) || outputs.length !== sequences.length) {
    throw malformed(
      endpoint,
      "loss_fn_outputs",
      `a list of ${sequences.length}`,
      outputs,
    );
  }
  return sequences.map((sequence, i) => {
    const all = outputs[i]?.logprobs?.data;
    const { length } = sequence.responseTokens;
    if (!Array.isArray(all) || all.length < length) {
      throw malformed(
        endpoint,
        `loss_fn_outputs[${i}].logprobs.data`,
        `a list of at least ${length} numbers`,
        all,
      );
    }
    // Servers differ in whether they score prompt positions; the response is last.
    return all.slice(all.length - length).map(numberOf);
  });
}

/** Returns a number of a server's answer; NaN for any other value, since JSON writes NaN as null. */
export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

/** The numbers of a `TrainReport` that follow from log-probabilities alone. */
export interface StepStatistics {
  loss: number;
  entropy: number;
  clipFraction: number;
  approximateKl: number;
  tokens: number;
}

/**
 * Computes loss, entropy, clipped share and KL of a step from the log-probabilities
 * that `forward_backward` returned. The API guarantees no metrics.
 *
 * `entropy` is the mean of −log p of the sampled tokens: an unbiased estimate
 * of the policy's entropy for tokens sampled from it at temperature 1, not the
 * exact sum over the vocabulary, which never leaves the server. `clipFraction`
 * counts ratios outside the clipping range, whichever the objective.
 */
export function stepStatistics(
  sequences: readonly TrainSequence[],
  newLogProbs: readonly (readonly number[])[],
  objective: ObjectiveConfig,
): StepStatistics {
  const sum = { loss: 0, entropy: 0, clipFraction: 0, approximateKl: 0 };
  const low = 1 - objective.clipLow;
  const high = 1 + objective.clipHigh;
  let tokens = 0;
  sequences.forEach((sequence, i) =>
    sequence.responseTokens.forEach((_, t) => {
      const logProb = newLogProbs[i][t];
      const old = sequence.oldLogProbs[t];
      const advantage = sequence.advantages[t];
      const ratio = Math.exp(logProb - old);
      const bounded = Math.min(Math.max(ratio, low), high);
      const gain = {
        "importance-sampling": ratio * advantage,
        "ppo-clip": Math.min(ratio * advantage, bounded * advantage),
        "cispo": bounded * logProb * advantage,
        "reinforce": logProb * advantage,
        "gspo": NaN, // refused before a step begins
      }[objective.objective];
      sum.loss -= sequence.weights[t] * gain;
      sum.clipFraction += bounded === ratio ? 0 : 1;
      sum.entropy -= logProb;
      sum.approximateKl += old - logProb;
      tokens++;
    })
  );
  return {
    loss: sum.loss,
    entropy: sum.entropy / tokens,
    clipFraction: sum.clipFraction / tokens,
    approximateKl: sum.approximateKl / tokens,
    tokens,
  };
}
