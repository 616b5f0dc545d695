/**
 * The tokenizer: text to token ids and back, by a Hugging Face `tokenizer.json`.
 *
 * Special tokens inside a text become single ids, so that a prompt can be built by
 * joining strings. Left out: the files that name special tokens
 * (files/tokenizer_files.ts).
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { join } from "node:path";
import { chatPrompt } from "./chat.ts";
import { readEndIds } from "./files/generation_config.ts";
import {
  addedTokens,
  readTokenizerConfig,
  TEMPLATE_FILE,
  type TokenizerConfig,
  withAddedTokens,
} from "./files/tokenizer_files.ts";

export type { TokenizerConfig };

/** Files of an earlier tokenizer, which are removed because they would be read first. */
const STALE_FILES = [
  TEMPLATE_FILE,
  "special_tokens_map.json",
  "added_tokens.json",
];

/** A tokenizer in Hugging Face's format. A token's id is its row in the model's embedding. */
export class Tokenizer {
  /** Rows that the model's embedding needs: the largest id plus one. */
  readonly vocabularySize: number;
  readonly eosId: number;
  /** All ids at which the model ends an answer, `eosId` first; chat models have two. */
  readonly endIds: readonly number[];
  readonly padId: number;
  /** Ids removed by `decode(ids, { skipSpecial: true })`. */
  readonly specialIds: ReadonlySet<number>;
  readonly json: Record<string, unknown>;
  readonly config: TokenizerConfig;
  readonly #inner: HuggingFaceTokenizer;
  /** The beginning-of-sequence token that is put before a prompt, or none. */
  readonly #bosIds: readonly number[];

  private constructor(
    json: Record<string, unknown>,
    config: TokenizerConfig,
    endIds: readonly number[] = [],
  ) {
    this.json = json;
    this.config = config;
    this.#inner = innerTokenizer(json, config);
    this.specialIds = new Set(
      addedTokens(json).filter(({ special }) => special).map(({ id }) => id),
    );
    let largest = -1;
    for (const id of this.#inner.get_vocab(true).values()) {
      if (id > largest) largest = id;
    }
    this.vocabularySize = largest + 1;
    this.eosId = this.#endToken();
    this.endIds = [...new Set([this.eosId, ...endIds])];
    this.padId = config.pad_token === undefined
      ? this.#inner.token_to_id("<pad>") ?? this.eosId
      : this.id(config.pad_token);
    this.#bosIds = this.#addedBefore();
  }

  /**
   * Makes a tokenizer from the parsed `tokenizer.json`. Without a configuration the
   * end and padding tokens are `<eos>` and `<pad>`.
   */
  static fromJson(
    tokenizerJson: object,
    config: TokenizerConfig = {},
  ): Tokenizer {
    return new Tokenizer(tokenizerJson as Record<string, unknown>, config);
  }

  /**
   * Reads `tokenizer.json` and the files beside it that name special tokens: the
   * tokenizer's, in the old and the new format, and the model's. Throws with the file
   * that is missing or wrong.
   */
  static async fromFolder(folder: string): Promise<Tokenizer> {
    const file = join(folder, "tokenizer.json");
    let json: Record<string, unknown>;
    try {
      json = JSON.parse(await Deno.readTextFile(file));
    } catch (error) {
      throw new Error(
        `${file}: ${(error as Error).message}; a model folder needs the ` +
          `tokenizer.json that its checkpoint was published with`,
      );
    }
    json = await withAddedTokens(folder, json);
    const config = await readTokenizerConfig(folder, json);
    const endIds = await readEndIds(folder);
    try {
      return new Tokenizer(json, config, endIds);
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`);
    }
  }

  /**
   * Writes `tokenizer.json` and `tokenizer_config.json`, which holds the chat
   * template, into a model folder.
   */
  async save(folder: string): Promise<void> {
    await Deno.mkdir(folder, { recursive: true });
    for (const name of STALE_FILES) {
      await Deno.remove(join(folder, name)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    await Deno.writeTextFile(
      join(folder, "tokenizer.json"),
      JSON.stringify(this.json),
    );
    await Deno.writeTextFile(
      join(folder, "tokenizer_config.json"),
      JSON.stringify(
        {
          tokenizer_class: "PreTrainedTokenizerFast",
          clean_up_tokenization_spaces: false,
          eos_token: this.token(this.eosId),
          pad_token: this.token(this.padId),
          ...this.config,
        },
        null,
        2,
      ),
    );
  }

  /**
   * Returns the token ids of a text, with nothing added at either end. Throws where a
   * part of the text is not in the vocabulary, which has no token for unknown text.
   */
  encode(text: string): number[] {
    const { ids } = this.#inner.encode(text, { add_special_tokens: false });
    if (ids.every((id) => id !== undefined)) return ids;
    // The library leaves them open in vocabularies of whole words.
    const { unk_token } = this.json.model as { unk_token?: string };
    const unknown = this.id(unk_token ?? "<unk>");
    return ids.map((id) => id ?? unknown);
  }

  /**
   * Returns the token ids of a prompt. The beginning-of-sequence token comes first where
   * the tokenizer's post-processor adds it, as in `transformers`, unless the text already
   * begins with that token, as chat templates do.
   */
  encodePrompt(text: string): number[] {
    const ids = this.encode(text);
    const begun = this.#bosIds.every((id, i) => ids[i] === id);
    return begun ? ids : [...this.#bosIds, ...ids];
  }

  /** Returns the text of a prompt without the beginning-of-sequence token, which a server adds. */
  decodePrompt(ids: readonly number[]): string {
    const begun = this.#bosIds.every((id, i) => ids[i] === id);
    return this.decode(begun ? ids.slice(this.#bosIds.length) : ids);
  }

  /** Returns the text of token ids. Special tokens are kept unless `skipSpecial` is set. */
  decode(
    ids: readonly number[],
    options: { skipSpecial?: boolean } = {},
  ): string {
    if (ids.length === 0) return "";
    return this.#inner.decode([...ids], {
      skip_special_tokens: options.skipSpecial === true,
    });
  }

  /**
   * The text of a conversation that begins with a question, up to the opening of its
   * answer, by the model's chat template, asked to let it think. Throws when there is
   * no template.
   */
  asChat(question: string): string {
    const messages = [{ role: "user" as const, content: question }];
    return chatPrompt(this, messages, { variables: { enable_thinking: true } });
  }

  /** Returns the id of a token. Throws where the vocabulary lacks the token. */
  id(token: string): number {
    const id = this.#inner.token_to_id(token);
    if (id === undefined) {
      throw new Error(
        `the vocabulary of ${this.#inner.get_vocab(true).size} tokens has no ` +
          `${
            JSON.stringify(token)
          }; check tokenizer.json and tokenizer_config.json`,
      );
    }
    return id;
  }

  /**
   * Throws where the model's embedding has no row for a token. More rows than tokens
   * are right: published checkpoints have them.
   */
  requireFits(model: { vocab_size: number }): void {
    if (this.vocabularySize <= model.vocab_size) return;
    throw new Error(
      `the tokenizer has ${this.vocabularySize} tokens, more than the model's ` +
        `vocab_size of ${model.vocab_size}; take tokenizer.json and config.json ` +
        `from the same checkpoint`,
    );
  }

  #endToken(): number {
    const { eos_token } = this.config;
    if (eos_token !== undefined) return this.id(eos_token);
    const id = this.#inner.token_to_id("<eos>");
    if (id !== undefined) return id;
    throw new Error(
      'no file tells which token ends an answer, and there is no "<eos>"; write ' +
        '"eos_token" into tokenizer_config.json beside it (or keep ' +
        "special_tokens_map.json or the model's config.json there, which may tell)",
    );
  }

  /** Returns the ids that the post-processor puts before a text; none where it changes the text too. */
  #addedBefore(): number[] {
    const plain = this.encode("a");
    const whole: number[] = this.#inner.encode("a").ids;
    const start = whole.findIndex((_, i) =>
      plain.every((id, j) => whole[i + j] === id)
    );
    return start < 0 ? [] : whole.slice(0, start);
  }

  /** Returns the token of an id, as the vocabulary spells it. */
  token(id: number): string {
    const token = this.#inner.id_to_token(id);
    if (token === undefined) {
      throw new RangeError(`no token has the id ${id}`);
    }
    return token;
  }
}

/** Returns the library's tokenizer. Throws where the library cannot read the vocabulary. */
function innerTokenizer(
  json: Record<string, unknown>,
  config: TokenizerConfig,
): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(json, {
      clean_up_tokenization_spaces: false,
      ...config,
    });
  } catch (error) {
    throw new Error(
      `${
        (error as Error).message
      }; a tokenizer.json of another library or of an ` +
        `unknown kind cannot be read`,
    );
  }
}
