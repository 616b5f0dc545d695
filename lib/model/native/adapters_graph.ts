/**
 * Low-rank adapters in a graph: their term of a projection, and its gradients.
 *
 * The same as `linear` with adapters in decoder.ts: a fused projection has parts, each
 * with a pair of matrices A `[rank, in]` and B `[out, rank]` or none. Left out: the
 * projection itself (layers_graph.ts).
 */
import { type Differentiable, FLOAT, type Graph, type Value } from "./graph.ts";

/** A block of rows of a projection; `scale` is null where it has no adapter. */
export interface AdaptedPart {
  name: string;
  rows: number;
  scale: number | null;
}

/** The parts of every projection with an adapter, by its weight's name in the graph. */
export type AdapterPlan = ReadonlyMap<string, readonly AdaptedPart[]>;

/** Returns the name of an adapter's matrix in a graph. */
export function adapterInput(part: string, matrix: "A" | "B"): string {
  return `${part}.lora_${matrix}`;
}

/**
 * Writes the adapters' term of a projection `product` of `x_NI`. The gradients of their
 * matrices go into `gradients`.
 */
export function adapterTerm(
  graph: Graph,
  parts: readonly AdaptedPart[],
  x_NI: Value,
  product: Value,
  gradients: Map<string, Value>,
): Differentiable {
  const rows = parts.map((part) => part.rows);
  const blocksOf = (x: Value) =>
    parts.length === 1 ? [x] : graph.split(x, rows, 1);
  const pieces = parts.map(({ name, scale }) =>
    scale === null ? null : adapter(graph, name, scale, x_NI, gradients)
  );
  const whole = pieces.every((piece) => piece !== null);
  const empty = whole ? [] : blocksOf(product);
  const terms = pieces.map((piece, i) =>
    piece?.value ?? graph.same("ZerosLike", empty[i])
  );
  return {
    value: terms.length === 1 ? terms[0] : graph.concat(terms, 1),
    back(dy_NO) {
      const slopes = blocksOf(dy_NO);
      return pieces
        .flatMap((piece, i) => piece === null ? [] : [piece.back(slopes[i])])
        .reduce((sum, slope) => graph.same("AddV2", sum, slope));
    },
  };
}

/** One adapter: `scale * x A' B'`. The scale is applied where there are few numbers. */
function adapter(
  graph: Graph,
  name: string,
  scale: number,
  x_NI: Value,
  gradients: Map<string, Value>,
): Differentiable {
  const a_RI = graph.input(adapterInput(name, "A"), FLOAT);
  const b_OR = graph.input(adapterInput(name, "B"), FLOAT);
  const scaled = (x: Value) =>
    graph.same("Mul", x, graph.constant(FLOAT, scale));
  const inner_NR = scaled(graph.matMul(x_NI, a_RI, true));
  return {
    value: graph.matMul(inner_NR, b_OR, true),
    back(dy_NO) {
      const dInner_NR = scaled(graph.matMul(dy_NO, b_OR, false));
      gradients.set(
        adapterInput(name, "A"),
        graph.matMul(dInner_NR, x_NI, false, true),
      );
      gradients.set(
        adapterInput(name, "B"),
        graph.matMul(dy_NO, inner_NR, false, true),
      );
      return graph.matMul(dInner_NR, a_RI, false);
    },
  };
}
