/**
 * Text to token ids and back, by a Hugging Face `tokenizer.json`.
 *
 * Special tokens written inside a text are recognised as such, so a prompt is
 * built by joining strings. Left out: adding beginning-of-sequence tokens, which
 * is the business of whoever writes the prompt.
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { join } from "node:path";
import { readEndIds } from "./files/generation_config.ts";
import { readJsonObject } from "./files/json_file.ts";

/** Extra facts about a tokenizer, in the names of `tokenizer_config.json`. */
export interface TokenizerConfig {
  eos_token?: string;
  pad_token?: string;
  bos_token?: string;
  chat_template?: string;
}

const TEMPLATE_FILE = "chat_template.jinja";

/** A tokenizer; ids are the row numbers of the model's embedding. */
export class Tokenizer {
  /** Size the embedding needs: the largest id plus one. */
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

  private constructor(
    json: Record<string, unknown>,
    config: TokenizerConfig,
    endIds: readonly number[] = [],
  ) {
    this.json = json;
    this.config = config;
    this.#inner = new HuggingFaceTokenizer(json, {
      clean_up_tokenization_spaces: false,
      ...config,
    });
    const added = (json.added_tokens ?? []) as {
      id: number;
      special?: boolean;
    }[];
    this.specialIds = new Set(
      added.filter((token) => token.special).map((token) => token.id),
    );
    let largest = -1;
    for (const id of this.#inner.get_vocab(true).values()) {
      if (id > largest) largest = id;
    }
    this.vocabularySize = largest + 1;
    this.eosId = this.id(textOf(config.eos_token) ?? "<eos>");
    this.endIds = [...new Set([this.eosId, ...endIds])];
    this.padId = config.pad_token === undefined
      ? this.#inner.token_to_id("<pad>") ?? this.eosId
      : this.id(textOf(config.pad_token)!);
  }

  /**
   * A tokenizer from the parsed `tokenizer.json`. Without a configuration the
   * end and padding tokens are `<eos>` and `<pad>`.
   */
  static fromJson(
    tokenizerJson: object,
    config: TokenizerConfig = {},
  ): Tokenizer {
    return new Tokenizer(tokenizerJson as Record<string, unknown>, config);
  }

  /**
   * Reads `tokenizer.json` and, when present, `tokenizer_config.json`, and the end
   * ids of the model beside it.
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
    const config = await readTokenizerConfig(folder);
    const endIds = await readEndIds(folder);
    try {
      return new Tokenizer(json, config, endIds);
    } catch (error) {
      throw new Error(
        `${file}: ${(error as Error).message}; a tokenizer.json of another ` +
          `library or of an unknown kind cannot be read`,
      );
    }
  }

  /**
   * Writes `tokenizer.json` and `tokenizer_config.json`, which holds the chat
   * template, into a model folder.
   */
  async save(folder: string): Promise<void> {
    await Deno.mkdir(folder, { recursive: true });
    // One that another tokenizer left would be read in place of the field.
    await Deno.remove(join(folder, TEMPLATE_FILE)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
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

  /** Token ids of a text; nothing is added at either end. */
  encode(text: string): number[] {
    return this.#inner.encode(text, { add_special_tokens: false }).ids;
  }

  /** The text of some ids. Special tokens are kept unless `skipSpecial`. */
  decode(
    ids: readonly number[],
    options: { skipSpecial?: boolean } = {},
  ): string {
    if (ids.length === 0) return "";
    return this.#inner.decode([...ids], {
      skip_special_tokens: options.skipSpecial === true,
    });
  }

  /** The id of one token. Throws when the vocabulary lacks it. */
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
   * Throws when the model's embedding has no row for some token. It may have rows
   * to spare, as published checkpoints do.
   */
  requireFits(model: { vocab_size: number }): void {
    if (this.vocabularySize <= model.vocab_size) return;
    throw new Error(
      `the tokenizer has ${this.vocabularySize} tokens, more than the model's ` +
        `vocab_size of ${model.vocab_size}; take tokenizer.json and config.json ` +
        `from the same checkpoint`,
    );
  }

  /** The token behind an id, as the vocabulary spells it. */
  token(id: number): string {
    const token = this.#inner.id_to_token(id);
    if (token === undefined) {
      throw new RangeError(`no token has the id ${id}`);
    }
    return token;
  }
}

async function readTokenizerConfig(folder: string): Promise<TokenizerConfig> {
  const file = join(folder, "tokenizer_config.json");
  const fields = await readJsonObject(file, {});
  const config: TokenizerConfig = {};
  for (const name of ["eos_token", "pad_token", "bos_token"] as const) {
    const value = textOf(fields[name]);
    if (value !== undefined) config[name] = value;
  }
  const template = await readTemplate(folder) ??
    defaultTemplate(fields.chat_template, file);
  if (template !== undefined) config.chat_template = template;
  return config;
}

/** Newer checkpoints keep the template in a file, which goes before the field. */
async function readTemplate(folder: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(folder, TEMPLATE_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The field holds one template, or a list of named ones. */
function defaultTemplate(value: unknown, file: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  const templates = Array.isArray(value) ? value : [];
  const found = templates.find((entry) => entry?.name === "default")?.template;
  if (typeof found === "string") return found;
  throw new Error(
    `${file}: chat_template has no template named "default"; write the one to ` +
      `use as ${TEMPLATE_FILE} beside it`,
  );
}

/** Tokens are written as text or as `{ content }`. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}
