/**
 * Adapters as PEFT writes them compute what PEFT computes, or are refused by field:
 * tried over its ways of naming modules, and over every field of its file
 * (tasks/make_adapter_fixtures.py).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { LocalEngine } from "../../lib/engines/local.ts";
import {
  currentBackend,
  type Decoder,
  loadModel,
  readAdapters,
  saveModel,
  startBackend,
  writeAdapters,
} from "../../lib/model/mod.ts";
import { mergeAdapters } from "../../tasks/model/merge.ts";
import { writeSafetensors } from "../../lib/model/files/safetensors.ts";

await startBackend();

interface Case {
  name: string;
  base: string;
  /** The first case's whole file; of the others what differs from it. */
  config: Record<string, unknown>;
  shapes: Record<string, number[]>;
  /** The first logits at the last token. */
  logits: number[];
}

interface Fixture {
  tokens: number[][];
  cases: Case[];
  effects: [
    field: string,
    value: unknown,
    effect: "same" | "other" | "error",
  ][];
}

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const { tokens, cases, effects }: Fixture = JSON.parse(
  await Deno.readTextFile(join(FIXTURES, "peft_configs.json")),
);
const plain = cases[0];
const parent = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(parent, { recursive: true }));

/** The values that the script gave a tensor. */
function valuesOf(name: string, shape: readonly number[]): Float32Array {
  const sum = [...name].reduce((total, c) => total + c.charCodeAt(0), 0);
  const size = shape.reduce((product, axis) => product * axis, 1);
  return Float32Array.from({ length: size }, (_, index) => {
    const value = Math.fround(0.2 * Math.sin(1 + sum % 97 + 0.7 * index));
    return name.includes("norm") ? 1 + value : value;
  });
}

/** A folder with a case's files. */
async function folderOf(
  { name, shapes }: Case,
  config: Record<string, unknown>,
): Promise<string> {
  const folder = await Deno.makeTempDir({
    dir: parent,
    prefix: name.slice(0, 3),
  });
  await Deno.writeTextFile(
    join(folder, "adapter_config.json"),
    JSON.stringify(config),
  );
  await writeSafetensors(
    join(folder, "adapter_model.safetensors"),
    Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      values: () => valuesOf(name, shape),
    })),
  );
  return folder;
}

const configOf = (one: Case) => ({ ...plain.config, ...one.config });

function lastLogits(model: Decoder): Float32Array {
  return tf.tidy(() => {
    const logits = model.forward(tokens);
    return logits.dataSync().slice(-logits.shape[2]) as Float32Array;
  });
}

function distance(ours: Float32Array, theirs: readonly number[]): number {
  return theirs.reduce(
    (most, value, i) => Math.max(most, Math.abs(ours[i] - value)),
    0,
  );
}

/** Refused by which field. */
const REFUSED: Record<string, RegExp> = {
  "pissa": /init_lora_weights is "pissa"; .*merge_and_unload/,
  "pissa_niter_4": /init_lora_weights is "pissa_niter_4"/,
  "olora": /init_lora_weights is "olora"/,
  "dora": /use_dora is true/,
  "biases": /bias is "all"/,
  "llama: head as target":
    /target_modules is .*an adapter on lm_head is not read/,
  "embedding saved, tied":
    /replaces an embedding that the model shares with its head/,
};

for (const one of cases) {
  const what = one.name in REFUSED
    ? "is refused by field"
    : "computes as in PEFT";
  Deno.test(`${one.name}: ${what}`, async () => {
    const folder = await folderOf(one, configOf(one));
    const model = await loadModel(join(FIXTURES, one.base));
    try {
      if (one.name in REFUSED) {
        await assert.rejects(readAdapters(model, folder), REFUSED[one.name]);
        return;
      }
      await readAdapters(model, folder);
      const found = distance(lastLogits(model), one.logits);
      assert.ok(found < 2e-5, `logits differ by ${found}`);
      // What is written again is the same adapter.
      const copy = await Deno.makeTempDir({ dir: parent });
      await writeAdapters(model, copy, join(FIXTURES, one.base));
      const engine = await LocalEngine.fromFolder(copy);
      assert.ok(distance(lastLogits(engine.model), one.logits) < 2e-5);
      // Merged into the base it computes the same, here and opened again.
      mergeAdapters(engine.model);
      const merged = await Deno.makeTempDir({ dir: parent });
      await saveModel(engine.model, merged);
      assert.ok(distance(lastLogits(engine.model), one.logits) < 2e-5);
      engine.dispose();
      const whole = await loadModel(merged);
      assert.ok(distance(lastLogits(whole), one.logits) < 2e-5);
      whole.dispose();
    } finally {
      model.dispose();
    }
  });
}

Deno.test("only adapters are merged, packed weights stay packed, nothing is left over", async () => {
  const model = await loadModel(join(FIXTURES, plain.base));
  assert.throws(() => mergeAdapters(model), /no adapters to merge/);
  const before = tf.memory().numTensors;
  await readAdapters(model, await folderOf(plain, configOf(plain)));
  mergeAdapters(model);
  assert.equal(tf.memory().numTensors, before);
  if (/^tfjs-node/.test(currentBackend().name)) {
    model.narrow();
    await readAdapters(model, await folderOf(plain, configOf(plain)));
    mergeAdapters(model);
    assert.ok(model.isNarrow);
  }
  model.dispose();
});

Deno.test("no field of adapter_config.json is overlooked", async () => {
  const fates = { used: 0, refused: 0, idle: 0 };
  for (const [field, value, effect] of effects) {
    const what = `${field}: ${JSON.stringify(value)}`;
    const folder = await folderOf(plain, { ...plain.config, [field]: value });
    const model = await loadModel(join(FIXTURES, plain.base));
    try {
      await readAdapters(model, folder);
      const isSame = distance(lastLogits(model), plain.logits) < 2e-5;
      assert.equal(isSame ? "same" : "other", effect, what);
      fates[isSame ? "idle" : "used"]++;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      const { message } = error as Error;
      // Matrices that no longer fit the fields are refused by their own names.
      assert.match(
        message,
        new RegExp(`${field}|adapter_model.safetensors: "`),
        what,
      );
      assert.match(message, /adapter_/);
      fates.refused++;
    } finally {
      model.dispose();
    }
  }
  assert.ok(
    fates.used > 2 && fates.refused > 20 && fates.idle > 8,
    JSON.stringify(fates),
  );
});

Deno.test("fields of another type, and patterns that cannot be read, are named", async () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ r: 0 }, /r is 0; it must be a positive integer/],
    [{ lora_alpha: "8" }, /lora_alpha is "8"/],
    [{ use_rslora: 1 }, /use_rslora is 1/],
    [{ target_modules: null }, /target_modules is null; it names none/],
    [
      { target_modules: [1] },
      /target_modules is \[1\]; it must be a list of names/,
    ],
    [
      { target_modules: ["c_attn"] },
      /target_modules is .*names none of this model's/,
    ],
    [
      { target_modules: "(?P<x>q)_proj" },
      /target_modules has a pattern.*as a list/,
    ],
    [{ rank_pattern: { q_proj: 1.5 } }, /rank_pattern is/],
    [{ alpha_pattern: { "(": 2 } }, /alpha_pattern has a pattern/],
    [{ layers_to_transform: ["0"] }, /layers_to_transform is/],
    [{ layers_pattern: "h" }, /layers_pattern is "h"/],
    [{ modules_to_save: "lm_head" }, /modules_to_save is "lm_head"/],
    [
      { modules_to_save: ["norm"] },
      /"norm" is missing, which adapter_config.json names/,
    ],
  ];
  const model = await loadModel(join(FIXTURES, plain.base));
  for (const [fields, message] of wrong) {
    const folder = await folderOf(plain, { ...plain.config, ...fields });
    await assert.rejects(readAdapters(model, folder), message);
    assert.equal(model.adapters, null);
  }
  model.dispose();
});

Deno.test("a base that is named as on a hub is asked for as a folder", async () => {
  for (const base of ["Qwen/Qwen2.5-0.5B", null]) {
    const config = { ...plain.config, base_model_name_or_path: base };
    await assert.rejects(
      LocalEngine.fromFolder(await folderOf(plain, config)),
      /adapter_config.json: base_model_name_or_path is .*write the folder/,
    );
  }
});
