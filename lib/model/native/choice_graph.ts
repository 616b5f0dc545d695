/**
 * Writes the choice of a row's next token as a TensorFlow graph.
 *
 * The same as choice.ts. Left out: the logits (decode_graph.ts).
 */
import type { ModelConfig } from "../config.ts";
import { FLOAT, type Graph, INT, type Value } from "./graph.ts";

/** What a graph has to know of a choice. */
export interface ChoicePlan {
  config: ModelConfig;
  greedy: boolean;
  topK: boolean;
  topP: boolean;
}

/**
 * Returns the graph of `chooseTokens` (choice.ts), on logits `[R, V]` that are tempered
 * already, with `uniforms` `[R, steps]`.
 */
export function chooseToken(
  graph: Graph,
  logits_RV: Value,
  step: Value,
  plan: ChoicePlan,
  uniforms: Value,
): Value {
  if (plan.greedy) {
    return graph.call("ArgMax", [logits_RV, graph.constant(INT, 1)], {
      T: { type: FLOAT },
      Tidx: { type: INT },
      output_type: { type: INT },
    }, [INT])[0];
  }
  const cumulative = graph.cumulativeSum(
    softmax(graph, truncated(graph, logits_RV, plan)),
    1,
  );
  const uniforms_R = graph.gather(
    uniforms,
    graph.same("AddV2", step, graph.constant(INT, 1)),
    1,
  );
  const total_R1 = graph.reduce("Max", cumulative, 1, true);
  const reach_R1 = graph.same(
    "Mul",
    graph.reshape(uniforms_R, [-1, 1]),
    total_R1,
  );
  return graph.reshape(graph.lowerBound(cumulative, reach_R1), [-1]);
}

function truncated(graph: Graph, logits_RV: Value, plan: ChoicePlan): Value {
  let kept = logits_RV;
  if (plan.topK) {
    const count = graph.input("topK", INT);
    const values = graph.largest(kept, count);
    kept = atLeast(graph, kept, graph.reduce("Min", values, 1, true));
  }
  if (plan.topP) {
    const vocabulary = graph.constant(INT, plan.config.vocab_size);
    const values = graph.largest(kept, vocabulary);
    const sorted = softmax(graph, values);
    const before = graph.same("Sub", graph.cumulativeSum(sorted, 1), sorted);
    const inside = graph.compare("Less", before, graph.input("topP", FLOAT));
    const threshold = graph.reduce(
      "Min",
      graph.select(inside, values, graph.constant(FLOAT, Infinity)),
      1,
      true,
    );
    kept = atLeast(graph, kept, threshold);
  }
  return kept;
}

function atLeast(graph: Graph, logits_RV: Value, threshold_R1: Value): Value {
  return graph.select(
    graph.compare("GreaterEqual", logits_RV, threshold_R1),
    logits_RV,
    graph.constant(FLOAT, -1e9),
  );
}

/** Computes a sigmoid by its logarithm, because oneDNN takes the plain operation over (see `#product`). */
export function softmax(graph: Graph, x: Value): Value {
  return graph.same("Exp", graph.same("LogSoftmax", x));
}
