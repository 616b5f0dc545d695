/**
 * `tokenizer.json` and `tokenizer_config.json` from the metadata of a GGUF file.
 *
 * GGUF keeps tokens, their kinds, merges and the chat template, and names the rest
 * by one word, `tokenizer.ggml.pre`: how a text is split before pairs are merged.
 * Read are byte-level vocabularies ("gpt2") and SentencePiece ones ("llama").
 */
import { sentencePieceParts } from "./sentencepiece.ts";

/** The metadata of a GGUF header. */
export type GgufMetadata = Readonly<Record<string, unknown>>;

/** The two files' contents, and the ids that end an answer or fill a batch. */
export interface GgufTokenizer {
  json: Record<string, unknown>;
  config: Record<string, unknown>;
  ids: {
    bos_token_id: number | null;
    eos_token_id: number | number[] | null;
    pad_token_id: number | null;
  };
}

const WORDS = (digits: string) =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|` +
  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const split = (Regex: string) => ({
  type: "Split",
  pattern: { Regex },
  behavior: "Isolated",
  invert: false,
});
const byteLevel = (use_regex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});
const sequence = (...pretokenizers: object[]) => ({
  type: "Sequence",
  pretokenizers,
});

/** The meaning of `tokenizer.ggml.pre` in the form of `tokenizer.json`. */
const SPLITS: Record<string, { splitter: object; normalizer?: object }> = {
  "gpt-2": { splitter: byteLevel(true) },
  // Published as "Digits", which @huggingface/tokenizers takes for 0 to 9 alone.
  smollm: { splitter: sequence(split("\\p{N}"), byteLevel(true)) },
  qwen2: {
    splitter: sequence(split(WORDS("")), byteLevel(false)),
    normalizer: { type: "NFC" },
  },
  "llama-bpe": {
    splitter: sequence(split(WORDS("{1,3}")), byteLevel(false)),
  },
};

/** Kinds of tokens (llama.cpp's `llama_token_type`): unused ones only fill rows. */
const UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5;

/** Rebuilds both files. Throws naming file and field where the vocabulary is of another kind. */
export function tokenizerOfGguf(
  metadata: GgufMetadata,
  source: string,
): GgufTokenizer {
  const field = (name: string) => metadata[`tokenizer.ggml.${name}`];
  const list = <T>(name: string) => listOf<T>(field(name), name, source);
  const [kind, pre] = [field("model"), String(field("pre") ?? "gpt-2")];
  // The header's reader drops a byte order mark, which is a token of some.
  const tokens = list<string>("tokens").map((token) => token || "\uFEFF");
  const kinds = list<number>("token_type");
  const id = (name: string) => {
    const value = field(`${name}_token_id`);
    return typeof value === "number" && value < tokens.length ? value : null;
  };
  const [bos, eos, pad] = [id("bos"), id("eos"), id("padding")];
  const ends = [...new Set([eos, id("eot")])].filter((end) => end !== null);
  const addsBos = field("add_bos_token") ??
    (kind === "llama" || pre === "llama-bpe");
  const named = { bos_token: bos, eos_token: eos, pad_token: pad };
  return {
    json: {
      ...{ version: "1.0", truncation: null, padding: null },
      added_tokens: addedTokens(tokens, kinds),
      ...(kind === "llama"
        ? sentencePieceParts(
          tokens,
          list<number>("scores"),
          kinds,
          field("add_space_prefix") !== false,
        )
        : byteLevelParts(metadata, tokens, kinds, source)),
      post_processor: addsBos && bos !== null ? startsWith(tokens, bos) : null,
    },
    config: {
      tokenizer_class: "PreTrainedTokenizerFast",
      clean_up_tokenization_spaces: false,
      ...Object.fromEntries(
        Object.entries(named).flatMap(([name, id]) =>
          id === null ? [] : [[name, tokens[id]]]
        ),
      ),
      chat_template: metadata["tokenizer.chat_template"],
    },
    ids: {
      bos_token_id: bos,
      eos_token_id: ends.length > 1 ? ends : eos,
      pad_token_id: pad,
    },
  };
}

function byteLevelParts(
  metadata: GgufMetadata,
  tokens: readonly string[],
  kinds: readonly number[],
  source: string,
): Record<string, unknown> {
  const kind = metadata["tokenizer.ggml.model"];
  const pre = String(metadata["tokenizer.ggml.pre"] ?? "gpt-2");
  if (kind !== "gpt2" || !Object.hasOwn(SPLITS, pre)) {
    const known = Object.keys(SPLITS).join(", ");
    throw new Error(
      `${source}: tokenizer.ggml.model and .pre are "${kind}" and "${pre}"; read ` +
        `are "llama", and "gpt2" with ${known}: take the checkpoint that has a ` +
        `tokenizer.json`,
    );
  }
  const { splitter, normalizer = null } = SPLITS[pre];
  return {
    normalizer,
    pre_tokenizer: splitter,
    decoder: { ...byteLevel(true), add_prefix_space: true },
    model: {
      type: "BPE",
      ...{ dropout: null, unk_token: null, continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false },
      ignore_merges: pre === "llama-bpe",
      vocab: Object.fromEntries(
        tokens.flatMap((token, i) => kinds[i] === UNUSED ? [] : [[token, i]]),
      ),
      merges: listOf(metadata["tokenizer.ggml.merges"], "merges", source),
    },
  };
}

function listOf<T>(value: unknown, name: string, source: string): T[] {
  if (Array.isArray(value)) return value;
  throw new Error(
    `${source}: there is no list tokenizer.ggml.${name}; take a file that ` +
      `holds its vocabulary`,
  );
}

function addedTokens(tokens: readonly string[], kinds: readonly number[]) {
  const plain = { single_word: false, lstrip: false, rstrip: false };
  return tokens.flatMap((content, id) => {
    const special = kinds[id] === CONTROL || kinds[id] === UNKNOWN;
    return special || kinds[id] === USER_DEFINED
      ? [{ id, content, ...plain, normalized: false, special }]
      : [];
  });
}

/** Returns the post-processor that puts the beginning-of-sequence token before a text. */
function startsWith(tokens: readonly string[], bos: number) {
  const id = tokens[bos];
  const start = { SpecialToken: { id, type_id: 0 } };
  const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
  return {
    type: "TemplateProcessing",
    single: [start, text("A")],
    pair: [start, text("A"), text("B")],
    special_tokens: { [id]: { id, ids: [bos], tokens: [id] } },
  };
}
