/**
 * Loading a graph into the native backend, and calling it.
 *
 * Left out: describing the graph (graph.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import type { Graph, Value } from "./graph.ts";

/** The part of the native backend that runs graphs. */
interface GraphBackend {
  binding: {
    loadSavedModel(folder: string, tags: string): number;
    deleteSavedModel(session: number): void;
    runSavedModel(
      session: number,
      inputs: number[],
      inputNames: string,
      outputNames: string,
    ): unknown[];
  };
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(metadata: unknown): tf.Tensor;
}

/** A loaded graph. It lives as long as the process unless disposed. */
export class GraphSession {
  readonly #session: number;
  readonly #inputs: readonly string[];
  readonly #inputNames: string;
  readonly #outputNames: string;

  /** Throws when TensorFlow rejects the graph. */
  constructor(graph: Graph, outputs: readonly Value[]) {
    const folder = Deno.makeTempDirSync({ prefix: "decode-graph-" });
    try {
      Deno.writeFileSync(join(folder, "saved_model.pb"), graph.savedModel());
      this.#session = backend().binding.loadSavedModel(folder, "serve");
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
    this.#inputs = graph.inputNames;
    this.#inputNames = graph.inputNames.map((name) => `${name}:0`).join(",");
    this.#outputNames = outputs.map(({ name }) => name).join(",");
  }

  /** Runs the graph; `inputs` has a tensor for every input of the graph. */
  run(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
    const native = backend();
    return native.binding.runSavedModel(
      this.#session,
      native.getInputTensorIds(this.#inputs.map((name) => inputs[name])),
      this.#inputNames,
      this.#outputNames,
    ).map((metadata) => native.createOutputTensor(metadata));
  }

  dispose() {
    backend().binding.deleteSavedModel(this.#session);
  }
}

function backend(): GraphBackend {
  return tf.backend() as unknown as GraphBackend;
}
