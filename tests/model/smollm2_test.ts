/** The language model that has a name here, as a fresh clone gets it: fetched once a machine. */
import assert from "node:assert/strict";
import { chatPrompt } from "../../lib/model/chat.ts";
import {
  loadModel,
  sampleText,
  startBackend,
  Tokenizer,
} from "../../lib/model/mod.ts";
import { modelFolder } from "../../tasks/model/folder.ts";

Deno.test("SmolLM2 by name continues a prompt as transformers does", async () => {
  const folder = await modelFolder("smollm2-135m-instruct");
  assert.equal(await modelFolder("smollm2-135m-instruct"), folder);
  await startBackend();
  const tokenizer = await Tokenizer.fromFolder(folder);
  const model = await loadModel(folder);
  assert.equal(model.parameterCount, 134515008);
  const question = "What is the capital of France?";
  const prompts = [
    "def fibonacci(n):\n",
    chatPrompt(tokenizer, [{ role: "user", content: question }]),
  ];
  const rows = await sampleText(
    model,
    tokenizer,
    prompts.map((prompt) => ({ prompt, count: 1, maxNewTokens: 40, seed: 1 })),
    { temperature: 0, stopTokens: tokenizer.endIds },
  );
  model.dispose();
  assert.deepEqual(rows.map(([{ text }]) => text), [
    "\ndef fibonacci(n):\n    if n <= 1:\n        return n\n    else:\n" +
    "        return fibonacci(n - 1) + fibonacci(n - 2)\n",
    "The capital of France is Paris.",
  ]);
});
