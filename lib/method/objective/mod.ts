/** The objective: weights of tokens, and the losses that they weigh. */
export { type ObjectiveConfig, policyLoss } from "./loss.ts";
export {
  type Aggregation,
  tokenWeights,
  type WeightedSequence,
} from "./weights.ts";
