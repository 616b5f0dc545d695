/**
 * Every operation of a card's way has a kernel for cards, in 32 bits and in 16, asked of
 * TensorFlow's library for cards, which loads without one. Opt-in: AZR_CARD_LIBRARY names
 * libtensorflow_cc.so.2 of the wheel `tensorflow` (1.3 GB). Runs in a process of its own,
 * since two libraries do not go together.
 */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  Adapters,
  defaultOptimiser,
  languageModelStep,
  LORA_TARGETS,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { FusedMoments } from "../../lib/model/native/moments_fused.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";

/** An attribute of an operation, as the addon takes it. */
type Attribute = { name: string; type: number; value: number };

/** The addon, as far as it is watched. */
interface Addon {
  executeOp(name: string, attributes: Attribute[], ...rest: unknown[]): unknown;
  TF_ATTR_TYPE: number;
}

type Used = { operation: string; types: Record<string, number> };

/** Runs work and returns the operations that it called, with their type attributes. */
async function operationsOf(work: () => Promise<void>): Promise<Used[]> {
  const native = tf.backend() as unknown as { binding: Addon };
  const { binding } = native;
  const used = new Map<string, Used>();
  // The addon's own object takes no change.
  const watched: Addon = Object.create(binding, {
    executeOp: {
      value(operation: string, attributes: Attribute[], ...rest: unknown[]) {
        const types = Object.fromEntries(
          attributes.filter(({ type }) => type === binding.TF_ATTR_TYPE)
            .map(({ name, value }) => [name, value]),
        );
        used.set(operation + JSON.stringify(types), { operation, types });
        return binding.executeOp(operation, attributes, ...rest);
      },
    },
  });
  native.binding = watched;
  await work();
  native.binding = binding;
  return [...used.values()];
}

/** Trains and samples as on a card: all weights, adapters, and both in 16 bits. */
async function cardsWay(): Promise<void> {
  const document = tokensOf(12, "card");
  for (const narrow of [false, true]) {
    for (const lora of [false, true]) {
      const model = smallModel();
      if (lora) {
        const config = { rank: 2, alpha: 2, targets: LORA_TARGETS };
        model.attachAdapters(Adapters.fresh(model.config, config, 1));
      }
      if (narrow) model.narrow();
      model.recomputesLayers = true;
      const optimiser = new AdamW(model);
      const examples = [{ tokens: document, weights: fullWeights(document) }];
      await languageModelStep(model, optimiser, examples, defaultOptimiser);
      const request = {
        promptTokens: tokensOf(5, "p"),
        ...{ count: 2, maxNewTokens: 4, seed: 1 },
      };
      const options = { temperature: 1, topP: 0.9, topK: 5, stopTokens: [] };
      await sampleBatch(model, [request], options);
      optimiser.dispose();
      model.dispose();
    }
  }
  const [weights, gradient] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  const moments = new FusedMoments(weights);
  const update = { config: defaultOptimiser, step: 1, clip: 1 };
  tf.dispose(moments.update([weights], gradient, update));
  moments.dispose();
}

/** Yields the fields of a protocol buffer: numbers, and bytes of messages and texts. */
function* fields(bytes: Uint8Array): Generator<[number, Uint8Array | number]> {
  let at = 0;
  const number = () => {
    let [value, place] = [0, 1];
    for (;; place *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = number();
    if (key % 8 === 0) yield [key >> 3, number()];
    else if (key % 8 === 2) {
      const length = number();
      yield [key >> 3, bytes.subarray(at, at += length)];
    } else at += key % 8 === 5 ? 4 : 8;
  }
}

const parts = (bytes: Uint8Array, field: number) =>
  [...fields(bytes)].filter(([key]) => key === field)
    .map(([, value]) => value as Uint8Array);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Types that a list of attribute values holds, packed or one by one. */
function typesIn(value: Uint8Array): number[] {
  return parts(value, 1).flatMap((list) => [...fields(list)])
    .flatMap(([key, types]) =>
      key !== 6 ? [] : typeof types === "number" ? [types] : [...types]
    );
}

/** Tells whether a kernel is for cards and takes these types. */
function serves(kernel: Uint8Array, types: Record<string, number>): boolean {
  const [device] = parts(kernel, 2).map(text);
  return ["GPU", "DEFAULT"].includes(device) &&
    parts(kernel, 3).every((constraint) => {
      const name = text(parts(constraint, 1)[0]);
      const allowed = parts(constraint, 2).flatMap(typesIn);
      return !(name in types) || allowed.length === 0 ||
        allowed.includes(types[name]);
    });
}

function kernelsOf(library: string) {
  const { symbols } = Deno.dlopen(library, {
    TF_NewStatus: { parameters: [], result: "pointer" },
    TF_GetRegisteredKernelsForOp: {
      parameters: ["buffer", "pointer"],
      result: "pointer",
    },
  });
  return (operation: string): Uint8Array[] => {
    const name = new TextEncoder().encode(operation + "\0");
    const status = symbols.TF_NewStatus();
    const buffer = symbols.TF_GetRegisteredKernelsForOp(name, status);
    const view = new Deno.UnsafePointerView(buffer!);
    const [data, length] = [view.getPointer(0), view.getBigUint64(8)];
    if (length === 0n) return [];
    const bytes = Deno.UnsafePointerView.getArrayBuffer(data!, Number(length));
    return parts(new Uint8Array(bytes), 1);
  };
}

const library = Deno.env.get("AZR_CARD_LIBRARY");

Deno.test({
  name: "every operation of a card's way has a kernel for cards",
  ignore: library === undefined,
  sanitizeResources: false,
  fn: async () => {
    if (Deno.env.get("AZR_CARD_OPERATIONS") === undefined) {
      const file = await Deno.makeTempFile({ prefix: "operations-" });
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: ["test", "-A", "--no-check", new URL(import.meta.url).pathname],
        env: { AZR_CARD_OPERATIONS: file, AZR_GRAPHS: "off" },
      }).output();
      assert.ok(success, "the way itself fails");
      const used: Used[] = JSON.parse(await Deno.readTextFile(file));
      await Deno.remove(file);
      const kernels = kernelsOf(library!);
      // No product of texts (type 7) exists: the question can be answered with no.
      const texts = { T: 7 };
      assert.ok(!kernels("MatMul").some((kernel) => serves(kernel, texts)));
      const lacking = used.filter(({ operation, types }) =>
        !kernels(operation).some((kernel) => serves(kernel, types))
      );
      const names = new Set(used.map(({ operation }) => operation));
      console.log(`${used.length} uses of ${names.size} operations`);
      assert.ok(names.has("ResourceApplyAdam") && names.has("BatchMatMulV2"));
      assert.deepEqual(lacking, []);
      return;
    }
    await startBackend();
    const used = await operationsOf(cardsWay);
    await Deno.writeTextFile(
      Deno.env.get("AZR_CARD_OPERATIONS")!,
      JSON.stringify(used),
    );
  },
});
