/** Where checkpoints tell their special tokens: every place is read, in transformers' order. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chatPrompt } from "../../lib/model/chat.ts";
import { Tokenizer } from "../../lib/model/mod.ts";

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const parent = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(parent, { recursive: true }));

let made = 0;

/** A folder with a small vocabulary and whatever other files. */
async function folderWith(
  files: Record<string, unknown>,
  pieces = ["<unk>", "<s>", "</s>", "<end>", "a", "b", "new"],
  json: Record<string, unknown> = {},
): Promise<string> {
  const folder = join(parent, `tokenizer-${made++}`);
  await Deno.mkdir(folder);
  const tokenizer = {
    version: "1.0",
    added_tokens: ["<unk>", "<s>", "</s>", "<end>"].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Split",
      pattern: { Regex: "." },
      behavior: "Isolated",
      invert: false,
    },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      unk_token: "<unk>",
    },
    ...json,
  };
  for (
    const [name, content] of Object.entries({
      "tokenizer.json": tokenizer,
      ...files,
    })
  ) await Deno.writeTextFile(join(folder, name), JSON.stringify(content));
  return folder;
}

Deno.test("the end token is found wherever it stands", async () => {
  const places: Record<string, [Record<string, unknown>, number[]]> = {
    "tokenizer_config": [
      { "tokenizer_config.json": { eos_token: "</s>" } },
      [2],
    ],
    "an object": [
      { "tokenizer_config.json": { eos_token: { content: "</s>" } } },
      [2],
    ],
    "special_tokens_map": [
      {
        "tokenizer_config.json": {},
        "special_tokens_map.json": { eos_token: "</s>" },
      },
      [2],
    ],
    "the map goes before an older config": [
      {
        "tokenizer_config.json": { eos_token: "<s>" },
        "special_tokens_map.json": { eos_token: "</s>" },
      },
      [2],
    ],
    "a newer config goes before the map": [
      {
        "tokenizer_config.json": { eos_token: "<s>", added_tokens_decoder: {} },
        "special_tokens_map.json": { eos_token: "</s>" },
      },
      [1],
    ],
    "generation_config": [
      { "generation_config.json": { eos_token_id: 3 } },
      [3],
    ],
    "config": [{ "config.json": { eos_token_id: 3 } }, [3]],
    "several in config": [{ "config.json": { eos_token_id: [3, 2] } }, [3, 2]],
    "generation_config before config": [
      {
        "generation_config.json": { eos_token_id: [2] },
        "config.json": { eos_token_id: 3 },
      },
      [2],
    ],
    "a token and further ids": [
      {
        "tokenizer_config.json": { eos_token: "</s>" },
        "config.json": { eos_token_id: [3] },
      },
      [2, 3],
    ],
  };
  for (const [name, [files, wanted]] of Object.entries(places)) {
    const tokenizer = await Tokenizer.fromFolder(await folderWith(files));
    assert.deepEqual([...tokenizer.endIds], wanted, name);
    assert.equal(tokenizer.eosId, wanted[0], name);
  }
});

Deno.test("without an end token the cure is told, and nobody is blamed", async () => {
  const folder = await folderWith({ "config.json": { eos_token_id: 99 } });
  await assert.rejects(
    Tokenizer.fromFolder(folder),
    /tokenizer.json: no file tells which token ends.*write "eos_token" into tokenizer_config.json/,
  );
  const unknown = await folderWith({
    "special_tokens_map.json": { eos_token: "<none>" },
  });
  await assert.rejects(Tokenizer.fromFolder(unknown), /has no "<none>"; check/);
  const kind = await folderWith({}, [], { model: { type: "Odd" } });
  await assert.rejects(Tokenizer.fromFolder(kind), /of another library/);
});

Deno.test("padding and beginning are found in the same places", async () => {
  const eos = { eos_token: "</s>" };
  for (
    const files of [
      { "tokenizer_config.json": { ...eos, pad_token: "<end>" } },
      {
        "special_tokens_map.json": { ...eos, pad_token: { content: "<end>" } },
      },
      { "tokenizer_config.json": eos, "config.json": { pad_token_id: 3 } },
    ]
  ) {
    const tokenizer = await Tokenizer.fromFolder(await folderWith(files));
    assert.equal(tokenizer.padId, 3, JSON.stringify(files));
  }
  const tokenizer = await Tokenizer.fromFolder(
    await folderWith({ "tokenizer_config.json": { ...eos, bos_token: null } }),
  );
  assert.equal(tokenizer.padId, 2);
});

Deno.test("tokens that were added beside tokenizer.json are cut whole", async () => {
  const eos = { eos_token: "</s>" };
  const added = { content: "<tool>", special: true };
  for (
    const files of [
      {
        "tokenizer_config.json": { ...eos, added_tokens_decoder: { 7: added } },
      },
      { "tokenizer_config.json": eos, "added_tokens.json": { "<tool>": 7 } },
    ]
  ) {
    const folder = await folderWith(files);
    const tokenizer = await Tokenizer.fromFolder(folder);
    assert.deepEqual(tokenizer.encode("a<tool>b"), [4, 7, 5]);
    assert.equal(tokenizer.decode([4, 7, 5]), "a<tool>b");
    assert.equal(tokenizer.vocabularySize, 8);
    // Written elsewhere, or over another tokenizer's files, they return.
    const copy = await folderWith({
      "special_tokens_map.json": { eos_token: "<s>" },
      "added_tokens.json": { "<other>": 8 },
    });
    await tokenizer.save(copy);
    const opened = await Tokenizer.fromFolder(copy);
    assert.deepEqual(opened.encode("a<tool>b"), [4, 7, 5]);
    assert.equal(opened.eosId, 2);
    assert.equal(opened.vocabularySize, 8);
  }
  const wrong = await folderWith({
    "tokenizer_config.json": eos,
    "added_tokens.json": { "<tool>": "7" },
  });
  await assert.rejects(
    Tokenizer.fromFolder(wrong),
    /added_tokens.json: the added token "7" has no whole number/,
  );
});

Deno.test("prompts begin as the post-processor says, once", async () => {
  const begins = (token: string, id: number) => ({
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: token, type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
      ],
      pair: [],
      special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
    },
  });
  const files = {
    "tokenizer_config.json": { eos_token: "</s>", bos_token: "<s>" },
  };
  const tokenizer = await Tokenizer.fromFolder(
    await folderWith(files, undefined, begins("<s>", 1)),
  );
  assert.deepEqual(tokenizer.encodePrompt("ab"), [1, 4, 5]);
  assert.deepEqual(tokenizer.encodePrompt("<s>ab"), [1, 4, 5]);
  assert.deepEqual(tokenizer.encodePrompt(""), [1]);
  assert.deepEqual(tokenizer.encode("ab"), [4, 5]);
  // A server adds it to the text itself.
  assert.equal(tokenizer.decodePrompt([1, 4, 5]), "ab");
  assert.equal(tokenizer.decodePrompt([4, 5]), "ab");
  const plain = await Tokenizer.fromFolder(await folderWith(files));
  assert.deepEqual(plain.encodePrompt("ab"), [4, 5]);
  assert.equal(plain.decodePrompt([1, 4]), "<s>a");
});

Deno.test("Llama's prompts begin with its token, Qwen's with none", async () => {
  const [llama, qwen] = await Promise.all(
    ["tokenizer-llama", "tokenizer-qwen"].map((name) =>
      Tokenizer.fromFolder(join(FIXTURES, name))
    ),
  );
  const bos = llama.id("<|begin_of_text|>");
  assert.deepEqual(llama.encodePrompt("hi"), [bos, ...llama.encode("hi")]);
  // The chat template writes it out.
  const chat = chatPrompt(llama, [{ role: "user", content: "hi" }]);
  assert.ok(chat.startsWith("<|begin_of_text|>"));
  assert.deepEqual(llama.encodePrompt(chat), llama.encode(chat));
  assert.deepEqual(qwen.encodePrompt("hi"), qwen.encode("hi"));
});
