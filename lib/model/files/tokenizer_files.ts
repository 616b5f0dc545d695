/**
 * The files around a `tokenizer.json`: which tokens are special, and which were
 * added to the vocabulary later.
 *
 * Checkpoints tell these things in several places, old and new; each is looked at,
 * in the order of `transformers` 5. Left out: what the vocabulary does with text
 * (../tokenizer.ts).
 */
import { join } from "node:path";
import { readGenerationConfig } from "./generation_config.ts";
import { readJsonObject } from "./json_file.ts";

/** Extra facts about a tokenizer, in the names of `tokenizer_config.json`. */
export interface TokenizerConfig {
  eos_token?: string;
  pad_token?: string;
  bos_token?: string;
  chat_template?: string;
}

type Fields = Record<string, unknown>;

export const TEMPLATE_FILE = "chat_template.jinja";
const CONFIG_FILE = "tokenizer_config.json";
const MAP_FILE = "special_tokens_map.json";
const SPECIAL = ["eos_token", "pad_token", "bos_token"] as const;

/** Special tokens and chat template of a folder; `json` is its `tokenizer.json`. */
export async function readTokenizerConfig(
  folder: string,
  json: Fields,
): Promise<TokenizerConfig> {
  const file = join(folder, CONFIG_FILE);
  const fields = await readJsonObject(file, {});
  const map = await readJsonObject(join(folder, MAP_FILE), {});
  // Where tokenizer_config.json lists added tokens, the older file is out of date.
  const places = "added_tokens_decoder" in fields
    ? [fields, map]
    : [map, fields];
  const config: TokenizerConfig = {};
  for (const name of SPECIAL) {
    const value = places.map((place) => textOf(place[name]))
      .find((text) => text !== undefined) ??
      await tokenOfId(folder, name, json);
    if (value !== undefined) config[name] = value;
  }
  const template = await readTemplate(folder) ??
    defaultTemplate(fields.chat_template, file);
  if (template !== undefined) config.chat_template = template;
  return config;
}

/** Returns `tokenizer.json` with the tokens that stand in the files beside it alone. */
export async function withAddedTokens(
  folder: string,
  json: Fields,
): Promise<Fields> {
  const file = join(folder, CONFIG_FILE);
  const { added_tokens_decoder: decoder } = await readJsonObject(file, {});
  const older = join(folder, "added_tokens.json");
  const extra = decoder !== undefined
    ? Object.entries(objectOf(decoder, `${file}: added_tokens_decoder`)).map(
      ([id, token]) => ({ id: Number(id), ...objectOf(token, file) }),
    )
    : Object.entries(await readJsonObject(older, {})).map(([content, id]) => ({
      id,
      content,
    }));
  const there = new Set(addedTokens(json).map(({ content }) => content));
  const missing = extra.filter((token) =>
    !there.has((token as { content?: unknown }).content as string)
  );
  for (const { id } of missing) {
    if (Number.isInteger(id) && (id as number) >= 0) continue;
    throw new Error(
      `${decoder !== undefined ? file : older}: the added token ` +
        `${
          JSON.stringify(id)
        } has no whole number for its id; fetch the file again`,
    );
  }
  if (missing.length === 0) return json;
  const plain = {
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: false,
  };
  const added = missing.map((token) => ({ ...plain, ...token }));
  return { ...json, added_tokens: [...addedTokens(json), ...added] };
}

/** Returns the tokens that a `tokenizer.json` keeps apart from its vocabulary. */
export function addedTokens(
  json: Fields,
): { id: number; content: string; special?: boolean }[] {
  return (json.added_tokens ?? []) as ReturnType<typeof addedTokens>;
}

/** Tokens are written as text or as `{ content }`. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}

/** Returns the token behind an id that the model's files name, as `eos_token_id`. */
async function tokenOfId(
  folder: string,
  name: typeof SPECIAL[number],
  json: Fields,
): Promise<string | undefined> {
  const field = `${name}_id` as const;
  const published = await readGenerationConfig(folder);
  const model = await readJsonObject(join(folder, "config.json"), {});
  const [id] = [published[field] ?? model[field] ?? []].flat();
  if (typeof id !== "number") return undefined;
  const added = addedTokens(json).find((token) => token.id === id);
  return added?.content ?? vocabularyToken(json, id);
}

/** Vocabularies are lists of `[token, score]`, or objects of ids by token. */
function vocabularyToken(json: Fields, id: number): string | undefined {
  const vocabulary = (json.model as { vocab?: unknown } | undefined)?.vocab;
  if (Array.isArray(vocabulary)) return textOf(vocabulary[id]?.[0]);
  if (typeof vocabulary !== "object" || vocabulary === null) return undefined;
  return Object.entries(vocabulary).find(([, other]) => other === id)?.[0];
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

function objectOf(value: unknown, place: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Fields;
  }
  throw new Error(
    `${place} holds ${
      JSON.stringify(value)
    } in the place of an object; fetch the ` +
      `file again`,
  );
}
