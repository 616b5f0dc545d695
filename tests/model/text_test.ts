import assert from "node:assert/strict";
import { join } from "node:path";
import { chatPrompt } from "../../lib/model/chat.ts";
import { sampleText, startBackend, Tokenizer } from "../../lib/model/mod.ts";
import { smallModel } from "./shapes.ts";
import { wordTokenizerJson } from "../../lib/lab/world/word_tokenizer.ts";

await startBackend();

/** 24 tokens: two special ones, then single letters and two words. */
function letterTokenizer(chatTemplate?: string): Tokenizer {
  const letters = [..."abcdefghijklmnopqrst"];
  const pieces = ["<pad>", "<eos>", ...letters, "stop", "go"];
  const json = wordTokenizerJson({
    pieces,
    special: 2,
    pattern: "stop|go|[a-t]",
    unknown: "<pad>",
  });
  return Tokenizer.fromJson(json, {
    chat_template: chatTemplate,
    eos_token: "<eos>",
  });
}

Deno.test("text becomes ids and comes back, special tokens inside", () => {
  const tokenizer = letterTokenizer();
  const ids = tokenizer.encode("ab<eos>stopgo");
  assert.deepEqual(ids, [2, 3, 1, 22, 23]);
  assert.equal(tokenizer.decode(ids), "ab<eos>stopgo");
  assert.equal(tokenizer.decode(ids, { skipSpecial: true }), "abstopgo");
  assert.equal(tokenizer.vocabularySize, 24);
  assert.deepEqual([tokenizer.padId, tokenizer.eosId], [0, 1]);
  assert.equal(tokenizer.token(22), "stop");
  assert.throws(() => tokenizer.id("zebra"), /has no "zebra"/);
});

Deno.test("an answer ends where the model's folder says, at several ids too", async () => {
  const folder = await Deno.makeTempDir();
  const endIds = async (files: Record<string, object>) => {
    for (const [name, fields] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(fields));
    }
    return (await Tokenizer.fromFolder(folder)).endIds;
  };
  await letterTokenizer().save(folder);
  assert.deepEqual(await endIds({}), [1]);
  assert.deepEqual(await endIds({ "config.json": { eos_token_id: 5 } }), [
    1,
    5,
  ]);
  const published = { "generation_config.json": { eos_token_id: [7, 1] } };
  assert.deepEqual(await endIds(published), [1, 7]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a saved tokenizer is the same tokenizer", async () => {
  const folder = await Deno.makeTempDir();
  const template = "{{ messages[0].content }}";
  await letterTokenizer(template).save(folder);
  const opened = await Tokenizer.fromFolder(folder);
  assert.deepEqual(opened.encode("stopa<eos>"), [22, 2, 1]);
  assert.equal(opened.config.chat_template, template);
  // As in transformers, a file of its own goes before the field.
  await Deno.writeTextFile(join(folder, "chat_template.jinja"), "own file");
  const separate = await Tokenizer.fromFolder(folder);
  assert.equal(separate.config.chat_template, "own file");
  await letterTokenizer(template).save(folder);
  const again = await Tokenizer.fromFolder(folder);
  assert.equal(again.config.chat_template, template);
  await assert.rejects(
    Tokenizer.fromFolder(join(folder, "absent")),
    /tokenizer\.json/,
  );
});

Deno.test("of several chat templates the default one is taken", async () => {
  const folder = await Deno.makeTempDir();
  await letterTokenizer().save(folder);
  const file = join(folder, "tokenizer_config.json");
  const fields = JSON.parse(await Deno.readTextFile(file));
  const write = (chat_template: unknown) =>
    Deno.writeTextFile(file, JSON.stringify({ ...fields, chat_template }));
  await write([
    { name: "tool_use", template: "tools" },
    { name: "default", template: "plain" },
  ]);
  const { config } = await Tokenizer.fromFolder(folder);
  assert.equal(config.chat_template, "plain");
  await write([{ name: "tool_use", template: "tools" }]);
  await assert.rejects(
    Tokenizer.fromFolder(folder),
    /tokenizer_config\.json: chat_template has no template named "default"/,
  );
  await Deno.writeTextFile(join(folder, "tokenizer.json"), "{}");
  await write(undefined);
  await assert.rejects(Tokenizer.fromFolder(folder), /tokenizer\.json: /);
});

Deno.test("samples end at the first stop string", async () => {
  const model = smallModel();
  const tokenizer = letterTokenizer();
  const request = { prompt: "abc", count: 30, maxNewTokens: 24, seed: 4 };
  const options = { temperature: 1, stopTokens: [1] };
  const [free] = await sampleText(model, tokenizer, [request], options);
  const [cut] = await sampleText(model, tokenizer, [request], {
    ...options,
    stopStrings: ["stop", "ab"],
  });
  let stopped = 0;
  cut.forEach((sample, i) => {
    const whole = free[i].text;
    const ends = ["stop", "ab"].map((stop) => whole.indexOf(stop))
      .filter((at) => at >= 0);
    const expected = ends.length === 0
      ? whole
      : whole.slice(0, Math.min(...ends));
    assert.equal(sample.text, expected);
    assert.equal(sample.logProbs.length, sample.tokens.length);
    assert.deepEqual(
      sample.tokens,
      free[i].tokens.slice(0, sample.tokens.length),
    );
    if (ends.length === 0) return;
    stopped++;
    assert.equal(sample.finish, "stop");
    // The last token kept is the one that completes the stop string.
    const text = tokenizer.decode(sample.tokens);
    assert.ok(text.endsWith("stop") || text.endsWith("ab"));
  });
  assert.ok(stopped > 0 && stopped < cut.length, `${stopped} stopped`);
  model.dispose();
});

Deno.test("a chat prompt follows the checkpoint's template", () => {
  const template =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n" +
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
  const messages = [
    { role: "system" as const, content: "Be brief." },
    { role: "user" as const, content: "2 {{ 3 }}?" },
  ];
  assert.equal(
    chatPrompt(letterTokenizer(template), messages),
    "<|im_start|>system\nBe brief.<|im_end|>\n" +
      "<|im_start|>user\n2 {{ 3 }}?<|im_end|>\n<|im_start|>assistant\n",
  );
  assert.ok(
    chatPrompt(letterTokenizer(template), messages, { openTurn: false })
      .endsWith("<|im_end|>\n"),
  );
  assert.throws(() => chatPrompt(letterTokenizer(), messages), /chat_template/);
});
