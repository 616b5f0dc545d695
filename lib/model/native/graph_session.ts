/**
 * Loading a graph into the native backend, and calling it.
 *
 * Left out: describing the graph (graph.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { withoutNotices } from "../native_notices.ts";
import { Graph, INT, type Value } from "./graph.ts";

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
  readonly #outputs: string;

  /** Throws when TensorFlow rejects the graph. */
  constructor(graph: Graph, outputs: readonly Value[]) {
    takeNotice();
    const folder = Deno.makeTempDirSync({ prefix: `graph-${Deno.pid}-` });
    try {
      Deno.writeFileSync(join(folder, "saved_model.pb"), graph.savedModel());
      this.#session = backend().binding.loadSavedModel(folder, "serve");
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
    this.#inputs = graph.inputNames;
    this.#outputs = outputs.map(({ name }) => name).join(",");
  }

  /** Returns a caller of the graph, with inputs of its own. */
  caller(): GraphCaller {
    return new GraphCaller(this.#session, this.#inputs, this.#outputs);
  }

  /**
   * Returns a caller of a part of the graph: from these inputs, which may also be values
   * inside the graph (`operation:index`), to these outputs.
   */
  part(inputs: readonly string[], outputs: readonly Value[]): GraphCaller {
    const names = outputs.map(({ name }) => name).join(",");
    return new GraphCaller(this.#session, inputs, names);
  }

  dispose() {
    backend().binding.deleteSavedModel(this.#session);
  }
}

/** Inputs of a loaded graph, kept from call to call. */
export class GraphCaller {
  readonly #session: number;
  readonly #places: ReadonlyMap<string, number>;
  readonly #inputNames: string;
  readonly #outputNames: string;
  /** The backend's numbers of the inputs' tensors. */
  readonly #ids: number[];

  constructor(session: number, inputs: readonly string[], outputNames: string) {
    this.#session = session;
    this.#places = new Map(inputs.map((name, place) => [name, place]));
    this.#inputNames = inputs
      .map((name) => name.includes(":") ? name : `${name}:0`).join(",");
    this.#outputNames = outputNames;
    this.#ids = inputs.map(() => -1);
  }

  /**
   * Sets inputs by name, for this call and the later ones; names that the graph
   * does not have are passed over. The tensors must be alive at every call.
   */
  set(inputs: Readonly<Record<string, tf.Tensor>>) {
    for (const [name, tensor] of Object.entries(inputs)) {
      const place = this.#places.get(name);
      if (place === undefined) continue;
      [this.#ids[place]] = backend().getInputTensorIds([tensor]);
    }
  }

  /** Runs the graph. Throws when an input was never set or does not fit. */
  call(): tf.Tensor[] {
    const native = backend();
    return native.binding.runSavedModel(
      this.#session,
      this.#ids,
      this.#inputNames,
      this.#outputNames,
    ).map((metadata) => native.createOutputTensor(metadata));
  }
}

function backend(): GraphBackend {
  return tf.backend() as unknown as GraphBackend;
}

let isNoticed = false;

/**
 * Lets TensorFlow say unheard what it says once in a process, as an error: that oneDNN
 * leaves integers alone, which `Graph.transposeFew` wants.
 */
function takeNotice(): void {
  if (isNoticed) return;
  isNoticed = true;
  const graph = new Graph();
  const x = graph.input("x", INT);
  withoutNotices(() =>
    tf.tidy(() => {
      const session = new GraphSession(graph, [graph.transpose(x, [1, 0])]);
      const caller = session.caller();
      caller.set({ x: tf.zeros([2, 2], "int32") });
      caller.call();
      session.dispose();
    })
  );
}
