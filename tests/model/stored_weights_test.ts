/** Which stored weights count: by the index, by the tied flag, and for very many values. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  createModel,
  type Decoder,
  loadModel,
  modelConfig,
  responseLogProbs,
  saveModel,
  startBackend,
} from "../../lib/model/mod.ts";
import {
  SafetensorsFile,
  writeSafetensors,
  type WrittenTensor,
} from "../../lib/model/files/safetensors.ts";
import { runsGraphs } from "../../lib/model/backend.ts";
import { FusedMoments } from "../../lib/model/native/moments_fused.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();
const parent = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(parent, { recursive: true }));

function logitsOf(model: Decoder): number[] {
  return tf.tidy(() => [...model.forward([tokensOf(6, "x")]).dataSync()]);
}

/** Rewrites a file with some tensors added. */
async function addTo(path: string, added: WrittenTensor[]) {
  const tensors: WrittenTensor[] = [];
  {
    using file = SafetensorsFile.open(path);
    for (const name of file.entries.keys()) {
      const { shape, values } = file.read(name);
      tensors.push({ name, shape, values: () => values });
    }
  }
  const names = new Set(added.map(({ name }) => name));
  await writeSafetensors(path, [
    ...tensors.filter(({ name }) => !names.has(name)),
    ...added,
  ]);
}

const TABLE = "model.embed_tokens.weight";
const zeros = (shape: readonly number[]): WrittenTensor => ({
  name: TABLE,
  shape,
  values: () => new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

Deno.test("of two copies the index's counts, whichever file is read last", async () => {
  const model = smallModel();
  const expected = logitsOf(model);
  const { shape } = model.parameter(TABLE);
  for (const stale of ["first", "last"]) {
    const folder = join(parent, stale);
    await saveModel(model, folder, { shardBytes: 4000 });
    const path = join(folder, "model.safetensors.index.json");
    const index = JSON.parse(Deno.readTextFileSync(path));
    const files = [...new Set<string>(Object.values(index.weight_map))];
    assert.ok(files.length > 2);
    const holder = index.weight_map[TABLE];
    const other = stale === "last"
      ? files.at(-1)!
      : files.find((f) => f !== holder)!;
    if (stale === "first") {
      // The true copy moves to the last file, a stale one stays in the first.
      await addTo(join(folder, files.at(-1)!), [{
        name: TABLE,
        shape,
        values: () => model.parameter(TABLE).dataSync() as Float32Array,
      }]);
      await addTo(join(folder, holder), [zeros(shape)]);
      index.weight_map[TABLE] = files.at(-1)!;
      Deno.writeTextFileSync(path, JSON.stringify(index));
    } else await addTo(join(folder, other), [zeros(shape)]);
    const opened = await loadModel(folder);
    assert.deepEqual(logitsOf(opened), expected, stale);
    opened.dispose();

    // Named by nothing, two copies leave no way to tell.
    delete index.weight_map[TABLE];
    Deno.writeTextFileSync(path, JSON.stringify(index));
    await assert.rejects(
      loadModel(folder),
      /embed_tokens.weight" is in .* too/,
    );
    index.weight_map[TABLE] = files.find((file) =>
      file !== holder && file !== other && file !== files.at(-1)
    );
    Deno.writeTextFileSync(path, JSON.stringify(index));
    await assert.rejects(
      loadModel(folder),
      /index.json: weight_map says that "model.embed_tokens.weight" is in model-.*holds no such tensor/,
    );
  }
  model.dispose();
});

Deno.test("a head of its own is used although the config says tied; an equal one stays tied", async () => {
  const shape = { tie_word_embeddings: false };
  const untied = smallModel(shape);
  const folder = join(parent, "untied");
  await saveModel(untied, folder);
  const config = join(folder, "config.json");
  const fields = JSON.parse(Deno.readTextFileSync(config));
  assert.equal(fields.tie_word_embeddings, false);
  Deno.writeTextFileSync(
    config,
    JSON.stringify({ ...fields, tie_word_embeddings: true }),
  );
  const opened = await loadModel(folder);
  assert.equal(opened.config.tie_word_embeddings, false);
  assert.deepEqual(logitsOf(opened), logitsOf(untied));

  const tied = smallModel({ tie_word_embeddings: true });
  const copy = join(parent, "tied");
  await saveModel(tied, copy);
  await addTo(join(copy, "model.safetensors"), [{
    name: "lm_head.weight",
    shape: tied.parameter(TABLE).shape,
    values: () => tied.parameter(TABLE).dataSync() as Float32Array,
  }]);
  const same = await loadModel(copy);
  assert.equal(same.config.tie_word_embeddings, true);
  assert.deepEqual(logitsOf(same), logitsOf(tied));
  for (const model of [untied, opened, tied, same]) model.dispose();
});

Deno.test("what is longer than the context is refused, in scoring as in sampling", async () => {
  const model = smallModel({ max_position_embeddings: 8 });
  const sequence = (length: number) => ({
    promptTokens: tokensOf(4, "x"),
    responseTokens: tokensOf(length - 4, "y"),
  });
  // The last token is predicted and not read.
  const [scores] = await responseLogProbs(model, [sequence(9)]);
  assert.equal(scores.length, 5);
  await assert.rejects(
    responseLogProbs(model, [sequence(10)]),
    /a sequence needs 9 positions, but the model's context .* has 8; shorten/,
  );
  model.dispose();
});

Deno.test("Mistral is Llama under another name, and returns under its own", async () => {
  const shape = {
    vocab_size: 24,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 24,
    max_position_embeddings: 64,
    initializer_range: 0.4,
  };
  const mistral = createModel(
    modelConfig({ ...shape, model_type: "mistral" }),
    3,
  );
  const llama = createModel(modelConfig({ ...shape, model_type: "llama" }), 3);
  assert.deepEqual(logitsOf(mistral), logitsOf(llama));
  const folder = join(parent, "mistral");
  await saveModel(mistral, folder);
  const opened = await loadModel(folder);
  assert.deepEqual(opened.config, mistral.config);
  assert.deepEqual(logitsOf(opened), logitsOf(mistral));
  for (const model of [mistral, llama, opened]) model.dispose();
});

Deno.test({
  name: "moments of more values than a set can hold are read",
  ignore: !runsGraphs(),
  fn: async () => {
    const size = 2 ** 24 + 8;
    const parameter = tf.zeros([size]);
    const moments = new FusedMoments(parameter);
    const tensors = tf.memory().numTensors;
    const { first_P, second_P } = await moments.read();
    assert.deepEqual([first_P.length, second_P.length], [size, size]);
    assert.equal(tf.memory().numTensors, tensors);
    moments.dispose();
    parameter.dispose();
  },
});
