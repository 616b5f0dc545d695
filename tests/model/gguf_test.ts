/**
 * GGUF files against the Python package `gguf`: fixtures made by
 * tasks/make_gguf_fixtures.py. With AZR_GGUF_PYTHON, an interpreter that has `gguf`
 * and transformers, the package itself reads them, and the file AZR_GGUF_FILE beside
 * them (gguf_peer.py says how).
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gguf } from "@huggingface/gguf";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ggufFiles, importGguf } from "../../tasks/model/gguf/import.ts";
import { loadModel, startBackend, Tokenizer } from "../../lib/model/mod.ts";
import { tokenizerOfGguf } from "../../tasks/model/gguf/tokenizer.ts";
import { openWeights } from "../../lib/model/files/weight_files.ts";
import { inTemporaryFolder } from "../setup/temporary_folder.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const FIXTURES = join(HERE, "fixtures", "gguf");
const FILES: Record<string, string> = {
  llama: "llama.gguf",
  qwen2: "qwen2-00002-of-00003.gguf",
  qwen3: "qwen3.gguf",
};
const TOKENIZERS: Record<string, string> = {
  llama: "tokenizer-llama",
  qwen2: "tokenizer-qwen",
  qwen3: "tokenizer-qwen",
};

type Tensors = Record<string, { shape: number[]; sha256: string }>;

/** Shape and hash of every tensor of a model folder. */
function tensorsOf(folder: string): Tensors {
  const holders = openWeights(folder);
  const tensors = [...holders].map(([name, file]) => {
    const { shape, values } = file.readWeights(name);
    const hash = createHash("sha256").update(new Uint8Array(values.buffer));
    return [name, { shape, sha256: hash.digest("hex") }];
  });
  for (const file of new Set(holders.values())) file.close();
  return Object.fromEntries(tensors);
}

/** Imports one of the fixtures. */
async function imported(family: string, folder: string): Promise<string> {
  const place = join(folder, family);
  await importGguf(join(FIXTURES, FILES[family]), place);
  return place;
}

const expected: Record<string, Tensors> = JSON.parse(
  await Deno.readTextFile(join(FIXTURES, "expected.json")),
);

for (const family of Object.keys(FILES)) {
  Deno.test(`${family}: every weight of a GGUF file is the package's, bit for bit`, () =>
    inTemporaryFolder(async (folder) => {
      const place = await imported(family, folder);
      assert.deepEqual(tensorsOf(place), expected[family]);
      await startBackend();
      const model = await loadModel(place);
      const { config } = model;
      assert.equal(config.model_type, family);
      assert.equal(config.tie_word_embeddings, family !== "llama");
      assert.equal(config.max_position_embeddings, 128);
      model.dispose();
    }));

  Deno.test(`${family}: the tokenizer of a GGUF file gives the published ids and chat`, () =>
    inTemporaryFolder(async (folder) => {
      const tokenizer = await Tokenizer.fromFolder(
        await imported(family, folder),
      );
      const published = join(HERE, "fixtures", TOKENIZERS[family]);
      const other = await Tokenizer.fromFolder(published);
      const { texts } = JSON.parse(
        await Deno.readTextFile(join(published, "expected.json")),
      );
      for (const { text, ids, decoded, plain } of texts) {
        assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
        assert.deepEqual(
          tokenizer.encodePrompt(text),
          other.encodePrompt(text),
        );
        assert.equal(tokenizer.decode(ids), decoded);
        assert.equal(tokenizer.decode(ids, { skipSpecial: true }), plain);
      }
      assert.ok(texts.length > 10);
      assert.equal(tokenizer.config.chat_template, other.config.chat_template);
      assert.deepEqual(tokenizer.endIds, other.endIds);
      assert.equal(tokenizer.vocabularySize, other.vocabularySize);
    }));
}

Deno.test("a SentencePiece vocabulary gives SentencePiece's ids", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(FIXTURES, "sentencepiece.gguf");
    await importGguf(file, join(folder, "model"));
    const tokenizer = await Tokenizer.fromFolder(join(folder, "model"));
    const rows: { text: string; ids: number[] }[] = JSON.parse(
      await Deno.readTextFile(join(FIXTURES, "sentencepiece.json")),
    );
    assert.ok(rows.length > 10);
    const { metadata } = await gguf(file, { allowLocalFile: true });
    const fields = { ...metadata, "tokenizer.ggml.add_space_prefix": false };
    const { json, config } = tokenizerOfGguf(fields, file);
    const bare = Tokenizer.fromJson(json, config);
    for (const { text, ids } of rows) {
      assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
      assert.deepEqual(tokenizer.encodePrompt(text), [1, ...ids]);
      assert.equal(tokenizer.decode(ids), text.replaceAll("\u2581", " "));
      if (text !== "") assert.deepEqual(bare.encode(` ${text}`), ids);
    }
    assert.deepEqual(tokenizer.endIds, [2]);
  }));

Deno.test("a path names a GGUF file, its other parts, or nothing", () =>
  inTemporaryFolder(async (folder) => {
    const names = (path: string) =>
      ggufFiles(path).map((file) => basename(file));
    const parts = [1, 2, 3].map((part) => `qwen2-0000${part}-of-00003.gguf`);
    for (const part of parts) {
      assert.deepEqual(names(join(FIXTURES, part)), parts);
    }
    assert.deepEqual(names(join(FIXTURES, "llama.gguf")), ["llama.gguf"]);
    assert.deepEqual(names(join(FIXTURES, "expected.json")), []);
    assert.deepEqual(names(folder), []);
    assert.deepEqual(names(join(folder, "nowhere.gguf")), []);
    assert.throws(() => ggufFiles(FIXTURES), /are several models; name one/);
    for (const part of parts.slice(1)) {
      await Deno.copyFile(join(FIXTURES, part), join(folder, part));
    }
    await assert.rejects(
      importGguf(folder, join(folder, "out")),
      /2 of the model's 3 files are there; fetch the others/,
    );
  }));

Deno.test("a damaged or foreign GGUF file is refused by name, and leaves no folder", () =>
  inTemporaryFolder(async (folder) => {
    const whole = await Deno.readFile(join(FIXTURES, "llama.gguf"));
    const file = join(folder, "x.gguf"), out = join(folder, "out");
    const refused = async (bytes: Uint8Array, reason: RegExp) => {
      await Deno.writeFile(file, bytes);
      await assert.rejects(importGguf(file, out), (error: Error) => {
        assert.ok(error.message.startsWith(file), error.message);
        assert.match(error.message, reason);
        return true;
      });
      await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
    };
    for (
      const length of [0, 3, 40, 5000, whole.length / 2, whole.length - 64]
    ) {
      await refused(whole.slice(0, length), /fetch|take/);
    }
    await refused(new TextEncoder().encode("GGML, not GGUF"), /header cannot/);
    await refused(
      replaced(whole, "llama-bpe", "tekken-v1"),
      /read are "llama", and "gpt2"/,
    );
    await refused(replaced(whole, "blk.0.attn_q", "blk.0.attn_x"), /no place/);
    await refused(
      replaced(whole, "llama.block_count", "llama.block_kount"),
      /num_hidden_layers is undefined; it must be/,
    );
  }));

/** The bytes with one text in the place of another of the same length, everywhere. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length);
  const text = new TextDecoder("latin1").decode(bytes);
  assert.ok(text.includes(from));
  const result = bytes.slice();
  for (let at = -1; (at = text.indexOf(from, at + 1)) >= 0;) {
    result.set(new TextEncoder().encode(to), at);
  }
  return result;
}

const python = Deno.env.get("AZR_GGUF_PYTHON");
const asked = Deno.env.get("AZR_GGUF_FILE");

Deno.test({
  name: "the package reads the same weights, and transformers the same ids",
  ignore: python === undefined,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      for (const family of Object.keys(FILES)) {
        const files = ggufFiles(join(FIXTURES, FILES[family]));
        assert.deepEqual(await peer("tensors", ...files), expected[family]);
      }
      if (asked === undefined) return;
      const place = join(folder, "asked");
      await importGguf(asked, place);
      const files = ggufFiles(asked);
      assert.deepEqual(tensorsOf(place), await peer("tensors", ...files));
      const tokenizer = await Tokenizer.fromFolder(place);
      const texts = await corpus();
      const list = join(folder, "texts.json");
      await Deno.writeTextFile(list, JSON.stringify(texts));
      const ids = await peer("tokens", place, list) as number[][];
      for (const [i, text] of texts.entries()) {
        assert.deepEqual(tokenizer.encode(text), ids[i], text.slice(0, 80));
      }
      console.log(`${texts.length} texts, ${ids.flat().length} tokens: equal`);
    }),
});

/** Sources, prose and prompts of this repository, and texts that are hard to split. */
async function corpus(): Promise<string[]> {
  const root = join(HERE, "..", "..");
  const files = ["README.md", "CONTRIBUTING.md", "deno.json"].map((name) =>
    join(root, name)
  );
  for (const name of ["tests/model", "lib/model"]) {
    for (const entry of Deno.readDirSync(join(root, name))) {
      if (/\.(ts|py|md)$/.test(entry.name)) {
        files.push(join(root, name, entry.name));
      }
    }
  }
  const hard = await Deno.readTextFile(
    join(HERE, "fixtures", "tokenizer-qwen", "expected.json"),
  );
  const { texts } = JSON.parse(hard) as { texts: { text: string }[] };
  return [
    ...await Promise.all(files.map((file) => Deno.readTextFile(file))),
    ...texts.map(({ text }) => text),
  ];
}

async function peer(...args: string[]): Promise<unknown> {
  const command = new Deno.Command(python!, {
    args: [join(HERE, "gguf_peer.py"), ...args],
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  assert.ok(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}
