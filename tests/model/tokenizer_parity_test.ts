/** Against transformers: fixtures made by tasks/make_tokenizer_fixtures.py. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChatMessage, chatPrompt } from "../../lib/model/chat.ts";
import { Tokenizer } from "../../lib/model/mod.ts";

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));

interface Expected {
  eos: number;
  texts: { text: string; ids: number[]; decoded: string; plain: string }[];
  prefixes: { ids: number[]; decoded: string }[];
  chats: {
    messages: ChatMessage[];
    openTurn: boolean;
    variables: Record<string, unknown>;
    text: string;
  }[];
}

async function fixture(name: string) {
  const folder = join(FIXTURES, name);
  const text = await Deno.readTextFile(join(folder, "expected.json"));
  return {
    tokenizer: await Tokenizer.fromFolder(folder),
    expected: JSON.parse(text) as Expected,
  };
}

for (const name of ["tokenizer-qwen", "tokenizer-llama"]) {
  Deno.test(`${name}: ids and texts equal those of transformers`, async () => {
    const { tokenizer, expected } = await fixture(name);
    assert.equal(tokenizer.eosId, expected.eos);
    for (const { text, ids, decoded, plain } of expected.texts) {
      assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
      assert.equal(tokenizer.decode(ids), decoded);
      assert.equal(tokenizer.decode(ids, { skipSpecial: true }), plain);
    }
    for (const { ids, decoded } of expected.prefixes) {
      assert.equal(tokenizer.decode(ids), decoded);
    }
  });

  Deno.test(`${name}: chat prompts equal those of transformers`, async () => {
    const { tokenizer, expected } = await fixture(name);
    for (const { messages, openTurn, variables, text } of expected.chats) {
      assert.equal(
        chatPrompt(tokenizer, messages, { openTurn, variables }),
        text,
      );
    }
  });
}

Deno.test("a template may refuse a conversation, in its own words", async () => {
  const { tokenizer } = await fixture("tokenizer-llama");
  assert.throws(
    () =>
      chatPrompt(tokenizer, [
        { role: "user", content: "a" },
        { role: "user", content: "b" },
      ]),
    /Roles must alternate/,
  );
});
