/**
 * Measurement of a Tinker server's reduction of token losses.
 *
 * The API documents a sum. A server that takes a mean instead trains a different
 * objective without an error: long answers weigh less, and token weights cancel. The
 * measurement takes two gradient norms on a throw-away adapter: of one sequence, and of
 * the same sequence twice with every weight tripled. With a sum the second norm is 6
 * times the first. With a mean over sequences of weighted token means both are equal.
 * The learning rate of both steps is 0.
 *
 * Left out: servers that report no gradient norm, which count as servers with a sum.
 */
import type { JsonObject } from "../http.ts";
import { type TinkerConnection, TinkerError } from "./tinker_http.ts";
import {
  encodedText,
  type LossReduction,
  numberOf,
} from "./tinker_objective.ts";
import { type AdapterConfig, TinkerSession } from "./tinker_session.ts";

/** Tokens every vocabulary has; their meaning does not matter. */
const PROBE_INPUT = [1, 2, 3];
const PROBE_TARGETS = [2, 3, 4];

/** Measures how a server reduces token losses. */
export async function detectLossReduction(
  connection: TinkerConnection,
  adapter: AdapterConfig,
): Promise<LossReduction> {
  const session = await TinkerSession.create(connection, adapter);
  try {
    const single = await probeNorm(session, 1, 1);
    const sextuple = await probeNorm(session, 2, 3);
    if (single === undefined || sextuple === undefined) return "sum";
    return reductionOf(sextuple / single);
  } finally {
    await session.unload();
  }
}

/** Returns the global gradient norm a server reports with an optimiser step, if it does. */
export function gradientNorm(metrics: JsonObject): number | undefined {
  for (const [name, value] of Object.entries(metrics)) {
    if (/(^|[/_.])grad(ient)?_norm(:|$)/.test(name)) return numberOf(value);
  }
  return undefined;
}

async function probeNorm(
  session: TinkerSession,
  copies: number,
  weight: number,
): Promise<number | undefined> {
  const datum = {
    model_input: encodedText(PROBE_INPUT),
    loss_fn_inputs: {
      target_tokens: { data: PROBE_TARGETS },
      weights: { data: PROBE_TARGETS.map(() => weight) },
    },
  };
  await session.forwardBackward(new Array(copies).fill(datum), {
    loss_fn: "cross_entropy",
  });
  const still = {
    learningRate: 0,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradientNorm: Infinity,
  };
  return gradientNorm(await session.optimiserStep(still));
}

function reductionOf(ratio: number): LossReduction {
  if (Math.abs(ratio - 6) < 0.3) return "sum";
  if (Math.abs(ratio - 1) < 0.05) return "sequence-mean";
  throw new TinkerError(
    "forward_backward",
    `doubling a batch and tripling its weights made the gradient ${
      ratio.toFixed(3)
    } ` +
      "times as large; known servers give 6 (sum) or 1 (sequence mean). Set " +
      "lossReduction to the nearer one, knowing that training may differ",
  );
}
