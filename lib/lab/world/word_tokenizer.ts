/** A tokenizer of whole pieces, as the object that belongs in `tokenizer.json`. */

/** The pieces of a vocabulary, and how text is cut into them. */
interface WordVocabulary {
  /** Every piece at the place of its id; the special tokens come first. */
  pieces: readonly string[];
  /** Number of special tokens. */
  special: number;
  /** Regular expression whose matches are the pieces of a text. */
  pattern: string;
  /** Stands for text that matches no piece. */
  unknown: string;
}

/** Returns the `tokenizer.json` of a vocabulary. */
export function wordTokenizerJson(vocabulary: WordVocabulary) {
  const { pieces, special, pattern, unknown } = vocabulary;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: pieces.slice(0, special).map((content, id) => ({
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
      pattern: { Regex: pattern },
      behavior: "Isolated",
      invert: false,
    },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      unk_token: unknown,
    },
  };
}
