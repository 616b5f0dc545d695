/**
 * The tensors of a model by their names in a graph, and the plan of its adapters.
 *
 * A graph of the whole model has the parameters' own names. A graph of one layer serves
 * all layers, so its names have `layer.` for `model.layers.7.`. Left out: the graphs.
 */
import type * as tf from "@tensorflow/tfjs";
import { adapterInput, type AdapterPlan } from "./adapters_graph.ts";
import { BLOCK } from "./layers_graph.ts";
import type { NativeModel } from "./native_model.ts";

/** Returns the plan of a model's adapters, or of one layer's; null without adapters. */
export function adapterPlan(
  { specs, adapters }: NativeModel,
  layer: number | null = null,
): AdapterPlan | null {
  if (adapters === null) return null;
  const plan: [
    string,
    { name: string; rows: number; scale: number | null }[],
  ][] = [];
  for (const { name, parts } of specs) {
    if (!belongs(name, layer)) continue;
    const described = parts.map((part) => {
      const projection = part.name.replace(/\.weight$/, "");
      const scale = adapters.of(projection)?.scale ?? null;
      return { name: inGraph(projection, layer), rows: part.rows, scale };
    });
    if (described.every(({ scale }) => scale === null)) continue;
    plan.push([inGraph(name, layer), described]);
  }
  return new Map(plan);
}

/** Returns a text that tells plans apart. */
export function planKey(plan: AdapterPlan | null): string {
  return JSON.stringify(plan && [...plan]);
}

/** Returns all tensors of a model, or of one layer, by their names in the graph. */
export function graphTensors(
  model: NativeModel,
  layer: number | null = null,
): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = {};
  for (const { name, parts } of model.specs) {
    if (!belongs(name, layer)) continue;
    tensors[inGraph(name, layer)] = model.parameter(name);
    for (const part of parts) {
      const projection = part.name.replace(/\.weight$/, "");
      const pair = model.adapters?.of(projection);
      if (!pair) continue;
      const named = inGraph(projection, layer);
      tensors[adapterInput(named, "A")] = pair.a;
      tensors[adapterInput(named, "B")] = pair.b;
    }
  }
  return tensors;
}

function belongs(name: string, layer: number | null): boolean {
  return layer === null || name.startsWith(`model.layers.${layer}.`);
}

function inGraph(name: string, layer: number | null): string {
  return layer === null ? name : name.replace(`model.layers.${layer}`, BLOCK);
}
