/**
 * A model of 0.5 billion parameters in a process of its own, for the test that
 * measures its memory: `large_model.ts write|generate FOLDER`. The last line of
 * output is one JSON object.
 */
import {
  createModel,
  loadModel,
  modelConfig,
  sampleBatch,
  saveModel,
  startBackend,
} from "../../lib/model/mod.ts";
import { tokensOf } from "./shapes.ts";

/** The shape of Qwen2.5-Coder-0.5B. */
const config = modelConfig({
  model_type: "qwen2",
  vocab_size: 151936,
  hidden_size: 896,
  intermediate_size: 4864,
  num_hidden_layers: 24,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  max_position_embeddings: 32768,
  rope_theta: 1e6,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
  eos_token_id: 151643,
});

/** Most memory this process has held, in bytes, as Linux counts it. */
function peakBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
}

async function write(folder: string): Promise<Record<string, unknown>> {
  const model = createModel(config, 1);
  await saveModel(model, folder, { dtype: "BF16", shardBytes: 4e8 });
  return { parameters: model.parameterCount };
}

async function generate(folder: string): Promise<Record<string, unknown>> {
  const start = performance.now();
  const model = await loadModel(folder);
  const loaded = performance.now();
  const samples = await sampleBatch(
    model,
    [12, 30].map((length, seed) => ({
      promptTokens: tokensOf(length, "large", seed),
      count: 2,
      maxNewTokens: 16,
      seed,
    })),
    { temperature: 1, topP: 0.95, stopTokens: [] },
  );
  return {
    loadSeconds: (loaded - start) / 1000,
    generateSeconds: (performance.now() - loaded) / 1000,
    tokens: samples.flat().map(({ tokens }) => tokens),
  };
}

const [mode, folder] = Deno.args;
const { name } = await startBackend();
const result = await (mode === "write" ? write(folder) : generate(folder));
console.log(
  JSON.stringify({ mode, backend: name, ...result, peakBytes: peakBytes() }),
);
