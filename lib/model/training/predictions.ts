/**
 * Log-probabilities and entropies of predictions in a batch.
 *
 * Few logits are held whole, many are computed in slices (token_losses.ts). Left out:
 * the losses made of them (training.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { TrainSequence } from "../requests.ts";
import type { Predictions, TokenBatch } from "./batch.ts";
import type { Decoder } from "../decoder.ts";
import { entropies, pickRows, targetLogProbs } from "../kernels.ts";
import {
  banRows,
  type Bans,
  slicedTokenLosses,
  WHOLE_LOGITS,
} from "./token_losses.ts";

/** Computes the log-probabilities `[M]` of predictions, and on demand the entropies `[M]`. */
export function predictionLosses(
  model: Decoder,
  batch: TokenBatch,
  { sources, targets }: Predictions,
  bans: Bans | null = null,
  temperature = 1,
): { logProbs_M: tf.Tensor1D; entropies_M: () => tf.Tensor1D } {
  const hidden_MD = pickRows(
    model.hidden(batch),
    tf.tensor1d(sources, "int32"),
  );
  if (targets.length * model.config.vocab_size > WHOLE_LOGITS) {
    const layer = { ...model.outputLayer(), bans, temperature };
    const losses = slicedTokenLosses(hidden_MD, targets, layer);
    return { ...losses, entropies_M: () => losses.entropies_M };
  }
  const free_MV = model.logits(hidden_MD);
  const allowed_MV = bans === null
    ? free_MV
    : tf.add(free_MV, banRows(bans, 0, targets.length));
  const logits_MV = temperature === 1
    ? allowed_MV as tf.Tensor2D
    : tf.div(allowed_MV, temperature) as tf.Tensor2D;
  return {
    logProbs_M: targetLogProbs(logits_MV, tf.tensor1d(targets, "int32")),
    entropies_M: () => entropies(logits_MV),
  };
}

/** Returns -1e9 for the banned tokens of every response token; null when nothing is banned. */
export function bansOf(
  members: readonly Pick<TrainSequence, "responseTokens" | "bannedTokens">[],
  vocabulary: number,
): Bans | null {
  const keys: string[] = [];
  const rows: number[] = [];
  for (const { bannedTokens = [], responseTokens } of members) {
    const key = bannedTokens.join(",");
    if (!keys.includes(key)) keys.push(key);
    for (let i = 0; i < responseTokens.length; i++) {
      rows.push(keys.indexOf(key));
    }
  }
  if (keys.length === 1 && keys[0] === "") return null;
  const table_KV = tf.tensor2d(
    keys.flatMap((key) => [...banRow(key, vocabulary)]),
    [keys.length, vocabulary],
  );
  return { table_KV, rows_M: keys.length === 1 ? null : Int32Array.from(rows) };
}

function banRow(key: string, vocabulary: number): Float32Array {
  const row = new Float32Array(vocabulary);
  if (key === "") return row;
  for (const token of key.split(",")) row[Number(token)] = -1e9;
  return row;
}
