/**
 * Both ways through transformers and PEFT, when AZR_TORCH_PYTHON names an
 * interpreter that has them: random models of every family, tied and untied, are
 * written there and opened here, written here in every format and opened there,
 * and trained on both sides, whole and through adapters.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AdamW,
  createModel,
  type Decoder,
  defaultOptimiser,
  languageModelStep,
  loadModel,
  modelConfig,
  readAdapters,
  sampleBatch,
  sampleText,
  saveModel,
  startBackend,
  Tokenizer,
  writeAdapters,
} from "../../lib/model/mod.ts";
import { chatPrompt } from "../../lib/model/chat.ts";
import {
  worldTokenizerConfig,
  worldTokenizerJson,
} from "../../lib/lab/world/vocabulary.ts";
import { mergeModel } from "../../tasks/model/merge.ts";
import { fullWeights } from "./shapes.ts";
import { TEST_WORLD } from "../lab/world/world_config.ts";

await startBackend();

const PEER = fileURLToPath(new URL("transformers_peer.py", import.meta.url));
const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const python = Deno.env.get("AZR_TORCH_PYTHON");
const KINDS = ["qwen2", "qwen3", "llama", "mistral", "yarn"];
const NAMES = KINDS.flatMap((kind) => [`${kind}-tied`, `${kind}-untied`]);

interface Computed {
  tokens: number[][];
  prompt: number[];
  logits: number[];
  greedy: number[];
  eos?: number;
  texts?: { ids: number[]; greedy: string; chat: string | null }[];
}

/** What the other side computed on one model, and how it trained it. */
interface Recorded {
  model: Computed;
  adapted: Computed;
  /** Loss and gradient norm, step by step. */
  trained: [number, number][];
  adapters_trained: [number, number][];
}

Deno.test({
  name:
    "models, adapters and tokenizers go to transformers and PEFT and return",
  ignore: python === undefined,
  fn: async (t) => {
    const parent = await Deno.makeTempDir();
    await peer("write", parent);
    const expected: Record<string, Computed> = {};
    for (const name of NAMES) {
      await t.step(`${name}: opens here`, () => opens(parent, name, expected));
    }
    const texts = await writeWithTokenizers(parent);
    const theirs: Record<string, Computed> = JSON.parse(
      await peer("read", parent),
    );
    for (const [name, computed] of Object.entries(expected)) {
      await t.step(`${name}: opens there`, () => {
        assertNear(theirs[name].logits, computed.logits, name);
        assert.deepEqual(theirs[name].greedy, computed.greedy);
        assert.equal(theirs[name].eos, 1);
      });
    }
    for (const [name, rows] of Object.entries(texts)) {
      await t.step(`${name}: the same ids, prompts and greedy text`, () => {
        assert.deepEqual(theirs[name].texts, rows);
      });
    }
    assert.equal(Object.keys(theirs).length, NAMES.length * 6 + 2);
    await Deno.remove(parent, { recursive: true });
  },
});

/** Opens one of theirs, then writes it back; `expected` grows by what was written. */
async function opens(
  parent: string,
  name: string,
  expected: Record<string, Computed>,
) {
  const record: Recorded = JSON.parse(
    await Deno.readTextFile(join(parent, `${name}.json`)),
  );
  const model = await loadModel(join(parent, name));
  await assertSame(model, record.model, name);
  const save = (kind: string, format: Parameters<typeof saveModel>[2]) =>
    saveModel(model, join(parent, `ours-${name}-${kind}`), format);
  await save("f32", {});
  await save("f32-sharded", { shardBytes: 20_000 });
  for (const kind of ["f32", "f32-sharded"]) {
    expected[`ours-${name}-${kind}`] = record.model;
  }
  for (const dtype of ["F16", "BF16"] as const) {
    await save(dtype, { dtype, shardBytes: 10_000 });
    const rounded = await loadModel(join(parent, `ours-${name}-${dtype}`));
    expected[`ours-${name}-${dtype}`] = await compute(rounded, record.model);
    rounded.dispose();
  }
  await readAdapters(model, join(parent, `${name}-lora`));
  await assertSame(model, record.adapted, `${name}-lora`);
  const adapters = join(parent, `ours-${name}-lora`);
  await Deno.mkdir(adapters);
  await writeAdapters(model, adapters, join(parent, name));
  expected[`ours-${name}-lora`] = record.adapted;
  await mergeModel(adapters, join(parent, `ours-${name}-merged`), "float32");
  expected[`ours-${name}-merged`] = record.adapted;
  const { tokens } = record.model;
  await assertTrains(model, tokens, record.adapters_trained, `${name}-lora`);
  model.dispose();
  const fresh = await loadModel(join(parent, name));
  await assertTrains(fresh, tokens, record.trained, name);
  fresh.dispose();
}

/** The same losses and gradient norms over some steps of AdamW. */
async function assertTrains(
  model: Decoder,
  tokens: readonly number[][],
  expected: readonly [number, number][],
  name: string,
) {
  const optimiser = new AdamW(model);
  const documents = tokens.map((row) => ({
    tokens: row,
    weights: fullWeights(row),
  }));
  for (const [step, [loss, norm]] of expected.entries()) {
    const ours = await languageModelStep(model, optimiser, documents, {
      ...defaultOptimiser,
      learningRate: 5e-3,
    });
    const place = `${name}, step ${step}`;
    assert.ok(Math.abs(ours.loss / loss - 1) < 1e-4, `${place}: loss`);
    assert.ok(
      Math.abs(ours.gradientNorm / norm - 1) < 1e-3,
      `${place}: norm ${ours.gradientNorm} against ${norm}`,
    );
  }
  optimiser.dispose();
}

/** A model of the tiny world, and one with a chat tokenizer; texts and what we make of them. */
async function writeWithTokenizers(parent: string) {
  const world = Tokenizer.fromJson(
    worldTokenizerJson(TEST_WORLD),
    worldTokenizerConfig(),
  );
  const chat = await Tokenizer.fromFolder(join(FIXTURES, "tokenizer-qwen"));
  const rows: Record<string, Computed["texts"]> = {};
  for (
    const { name, tokenizer, prompts } of [
      { name: "ours-world", tokenizer: world, prompts: ["<SD>x=>x", "123<o>"] },
      {
        name: "ours-chat",
        tokenizer: chat,
        prompts: ["def f(x):\n\treturn 1", "café <|im_start|> 你好"],
      },
    ]
  ) {
    const model = createModel(
      modelConfig({
        model_type: "qwen3",
        vocab_size: tokenizer.vocabularySize,
        hidden_size: 32,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 48,
        max_position_embeddings: 128,
        initializer_range: 0.3,
        eos_token_id: tokenizer.eosId,
        pad_token_id: tokenizer.padId,
      }),
      4,
    );
    const folder = join(parent, name);
    await saveModel(model, folder);
    await tokenizer.save(folder);
    await Deno.writeTextFile(
      join(folder, "texts.json"),
      JSON.stringify(prompts),
    );
    rows[name] = await textsOf(model, tokenizer, prompts);
    model.dispose();
  }
  return rows;
}

async function textsOf(
  model: Decoder,
  tokenizer: Tokenizer,
  prompts: readonly string[],
) {
  const groups = await sampleText(
    model,
    tokenizer,
    prompts.map((prompt) => ({ prompt, count: 1, maxNewTokens: 24, seed: 1 })),
    { temperature: 0, stopTokens: [tokenizer.eosId] },
  );
  return prompts.map((prompt, i) => ({
    ids: tokenizer.encode(prompt),
    greedy: tokenizer.decode(groups[i][0].tokens, { skipSpecial: true }),
    chat: tokenizer.config.chat_template === undefined
      ? null
      : chatPrompt(tokenizer, [{ role: "user", content: prompt }]),
  }));
}

async function assertSame(model: Decoder, expected: Computed, name: string) {
  const ours = await compute(model, expected);
  assertNear(ours.logits, expected.logits, name);
  assert.deepEqual(ours.greedy, expected.greedy, name);
}

async function compute(model: Decoder, asked: Computed): Promise<Computed> {
  const logits = model.forward(asked.tokens);
  const values = [...await logits.data()];
  logits.dispose();
  const [[sample]] = await sampleBatch(model, [{
    promptTokens: asked.prompt,
    count: 1,
    maxNewTokens: asked.greedy.length,
    seed: 0,
  }], { temperature: 0, stopTokens: [] });
  return { ...asked, logits: values, greedy: sample.tokens };
}

function assertNear(
  ours: readonly number[],
  theirs: readonly number[],
  name: string,
) {
  assert.equal(ours.length, theirs.length);
  const furthest = ours.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - theirs[i])),
    0,
  );
  assert.ok(furthest < 1e-4, `${name}: logits differ by ${furthest}`);
}

async function peer(mode: string, folder: string): Promise<string> {
  const { code, stdout } = await new Deno.Command(python!, {
    args: [PEER, mode, folder],
    env: { HF_HUB_OFFLINE: "1", TQDM_DISABLE: "1" },
    stderr: "inherit",
  }).output();
  assert.equal(code, 0);
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}
