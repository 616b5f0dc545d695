/** Model folders: layouts, formats, what is kept, and what is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  Adapters,
  loadModel,
  LORA_TARGETS,
  readAdapters,
  sampleText,
  saveModel,
  startBackend,
  Tokenizer,
  writeAdapters,
} from "../../lib/model/mod.ts";
import type { WeightFormat } from "../../lib/model/files/checkpoint.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();

const tokens = tokensOf(9, "folder");

async function logitsOf(folder: string): Promise<number[]> {
  const model = await loadModel(folder);
  const logits = model.forward([tokens]);
  const values = [...await logits.data()];
  logits.dispose();
  model.dispose();
  return values;
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Changes fields of a JSON file; `undefined` removes one. */
async function edit(file: string, fields: object) {
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(
    file,
    JSON.stringify({ ...JSON.parse(text), ...fields }),
  );
}

Deno.test("one file or several, 32 bits or 16: the model returns", async () => {
  const parent = await Deno.makeTempDir();
  const model = smallModel({ model_type: "qwen2" });
  const save = async (name: string, format: Partial<WeightFormat>) => {
    await saveModel(model, join(parent, name), format);
    return await logitsOf(join(parent, name));
  };
  const whole = await save("whole", {});
  const sharded = await save("sharded", { shardBytes: 4000 });
  assert.deepEqual(sharded, whole);
  const names = filesOf(join(parent, "sharded"));
  const shards = names.filter((name) => name.startsWith("model-"));
  assert.ok(shards.length > 2);
  assert.ok(shards[0].endsWith(`-of-0000${shards.length}.safetensors`));
  const index = JSON.parse(
    await Deno.readTextFile(
      join(parent, "sharded", "model.safetensors.index.json"),
    ),
  );
  assert.equal(index.metadata.total_size, 4 * model.parameterCount);
  // Rounded weights: near, and exactly what a second rounding leaves.
  for (const [dtype, tolerance] of [["F16", 0.02], ["BF16", 0.2]] as const) {
    const near = await save(dtype, { dtype });
    const furthest = Math.max(...near.map((x, i) => Math.abs(x - whole[i])));
    assert.ok(furthest > 0 && furthest < tolerance, `${dtype}: ${furthest}`);
    const again = await loadModel(join(parent, dtype));
    await saveModel(again, join(parent, "again"), { dtype, shardBytes: 2000 });
    assert.deepEqual(await logitsOf(join(parent, "again")), near);
    again.dispose();
  }
  model.dispose();
});

Deno.test("a save in another layout leaves none of the old weights", async () => {
  const folder = join(await Deno.makeTempDir(), "m");
  const [first, second] = [smallModel({}, 1), smallModel({}, 2)];
  await saveModel(first, folder, { shardBytes: 4000 });
  const old = await logitsOf(folder);
  await saveModel(second, folder);
  assert.deepEqual(filesOf(folder), [
    "config.json",
    "generation_config.json",
    "model.safetensors",
  ]);
  assert.notDeepEqual(await logitsOf(folder), old);
  await saveModel(first, folder, { shardBytes: 4000 });
  assert.deepEqual(await logitsOf(folder), old);
  first.dispose();
  second.dispose();
});

Deno.test("generation_config.json is read, and its other fields are kept", async () => {
  const folder = join(await Deno.makeTempDir(), "m");
  const file = join(folder, "generation_config.json");
  const model = smallModel({ eos_token_id: 1, pad_token_id: 0 });
  await saveModel(model, folder);
  await edit(file, {
    eos_token_id: [3, 1],
    pad_token_id: undefined,
    do_sample: true,
    temperature: 0.7,
    top_p: 0.8,
    repetition_penalty: 1.1,
  });
  // Its ids go before those of config.json, as in transformers.
  const opened = await loadModel(folder);
  assert.deepEqual(opened.config.eos_token_id, [3, 1]);
  assert.equal(opened.config.pad_token_id, 0);
  await saveModel(opened, folder);
  const fields = JSON.parse(await Deno.readTextFile(file));
  assert.equal(fields.repetition_penalty, 1.1);
  assert.deepEqual(fields.eos_token_id, [3, 1]);
  await edit(file, { temperature: "warm" });
  await assert.rejects(
    loadModel(folder),
    /config\.json: temperature is "warm"/,
  );
  await edit(file, { temperature: 1, eos_token_id: "<eos>" });
  await assert.rejects(loadModel(folder), /eos_token_id is "<eos>"/);
  await Deno.remove(file);
  const bare = await loadModel(folder);
  assert.deepEqual(bare.config.eos_token_id, [3, 1]);
  for (const one of [model, opened, bare]) one.dispose();
});

Deno.test("a folder that would be read wrongly is refused by file and field", async () => {
  const folder = join(await Deno.makeTempDir(), "m");
  const model = smallModel();
  const refused = async (
    change: () => Promise<void>,
    ...patterns: RegExp[]
  ) => {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await saveModel(model, folder, { shardBytes: 4000 });
    await change();
    for (const pattern of patterns) {
      await assert.rejects(loadModel(folder), pattern);
    }
  };
  const config = join(folder, "config.json");
  const index = join(folder, "model.safetensors.index.json");
  const shard = () =>
    join(folder, filesOf(folder).find((name) => name.startsWith("model-"))!);
  await refused(() => Deno.remove(config), /config\.json: there is no such/);
  await refused(() => Deno.writeTextFile(config, "{"), /config\.json: .*JSON/);
  await refused(() => Deno.remove(shard()), /model-00001-of.*copy the missing/);
  await refused(
    () => Deno.truncate(shard(), 3000),
    /model-00001-of.*behind the end/,
  );
  await refused(
    () => Deno.writeTextFile(index, "{}"),
    /index\.json: .*weight_map/,
  );
  await refused(
    () => edit(index, { weight_map: { a: "../model.safetensors" } }),
    /index\.json: weight_map names "\.\.\/model/,
  );
  await refused(
    () => edit(config, { vocab_size: 25 }),
    /"model\.embed_tokens\.weight" has shape \[24,16\].*\[25,16\]/,
  );
  await refused(
    () => edit(config, { num_hidden_layers: 3 }),
    /"model\.layers\.2\.input_layernorm\.weight" is missing/,
  );
  await refused(
    () => edit(config, { num_hidden_layers: 1 }),
    /no place for the tensor "model\.layers\.1\./,
  );
  await refused(
    () => edit(config, { model_type: "llama" }),
    /no place for the tensor ".*q_norm\.weight"/,
  );
  await refused(
    () => edit(config, { tie_word_embeddings: false }),
    /"lm_head\.weight" is missing/,
  );
  model.dispose();
});

Deno.test("weights that are no numbers are refused by file and tensor", async () => {
  const folder = await Deno.makeTempDir();
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const model = smallModel();
    const name = "model.norm.weight";
    model.replaceParameters(model.specs.map((spec) => {
      const values = model.parameter(spec.name).dataSync().slice();
      if (spec.name === name) values[3] = wrong;
      return tf.tensor(values, spec.shape);
    }));
    for (const dtype of ["F32", "BF16"] as const) {
      await saveModel(model, folder, { dtype });
      await assert.rejects(
        loadModel(folder),
        new RegExp(`safetensors: value 3 of "${name}" is ${wrong}; .*earlier`),
      );
    }
    model.dispose();
  }
  // As large as numbers get.
  const model = smallModel();
  model.replaceParameters(
    model.specs.map(({ shape }) => tf.fill([...shape], -3.4e38)),
  );
  await saveModel(model, folder);
  (await loadModel(folder)).dispose();
  model.dispose();
});

Deno.test("adapters that would be read wrongly are refused by field", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "adapter_config.json");
  const model = smallModel();
  const lora = { rank: 2, alpha: 4, targets: LORA_TARGETS };
  model.attachAdapters(Adapters.fresh(model.config, lora, 3));
  const refused = async (fields: object, pattern: RegExp) => {
    await writeAdapters(model, folder);
    await edit(file, fields);
    await assert.rejects(readAdapters(model, folder), pattern);
  };
  await refused({ r: undefined }, /adapter_config\.json: r is undefined/);
  await refused({ lora_alpha: "4" }, /lora_alpha/);
  await refused({ peft_type: "IA3" }, /peft_type is "IA3"/);
  await refused({ bias: "all" }, /bias/);
  await refused({ use_dora: true }, /use_dora/);
  await refused({ alpha_pattern: { q_proj: "3" } }, /alpha_pattern/);
  await refused({ modules_to_save: ["lm_head"] }, /"lm_head" is missing/);
  await refused({ target_modules: ["q_proj"] }, /k_proj.*belongs to no/);
  await refused({ r: 3 }, /has shape \[2,16\].*\[3,16\]/);
  model.dispose();
});

Deno.test("a tokenizer larger than the model's vocabulary is refused", async () => {
  const model = smallModel();
  const vocab: Record<string, number> = { "<eos>": 0 };
  for (let id = 1; id < 30; id++) vocab[String.fromCharCode(64 + id)] = id;
  const tokenizer = Tokenizer.fromJson({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "WordLevel", vocab, unk_token: "<eos>" },
  });
  await assert.rejects(
    sampleText(model, tokenizer, [{
      prompt: "A",
      count: 1,
      maxNewTokens: 1,
      seed: 1,
    }], { temperature: 1, stopTokens: [] }),
    /30 tokens.*vocab_size of 24/,
  );
  model.dispose();
});
