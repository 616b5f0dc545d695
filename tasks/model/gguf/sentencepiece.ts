/**
 * The parts of a `tokenizer.json` for a SentencePiece vocabulary of pairs, as Llama 2
 * and Mistral have it (`tokenizer.ggml.model` "llama").
 *
 * GGUF keeps a score for each token and no merges. A merge is every way to join two
 * tokens into a third; those of higher score come first, as in `transformers`
 * (`generate_merges`).
 */

const SPACE = "▁";

/** The parts; `kinds` are llama.cpp's, `prefixes` puts a space before a text. */
export function sentencePieceParts(
  tokens: readonly string[],
  scores: readonly number[],
  kinds: readonly number[],
  prefixes: boolean,
): Record<string, unknown> {
  const replace = (String: string, content: string) => ({
    ...{ type: "Replace", pattern: { String }, content },
  });
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  const unknown = tokens[kinds.indexOf(UNKNOWN)] ?? null;
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(prefixes ? [{ type: "Prepend", prepend: SPACE }] : []),
        replace(" ", SPACE),
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        replace(SPACE, " "),
        ...[{ type: "ByteFallback" }, { type: "Fuse" }],
        ...(prefixes ? [strip] : []),
      ],
    },
    model: {
      type: "BPE",
      ...{ dropout: null, unk_token: unknown, fuse_unk: true },
      ...{ continuing_subword_prefix: null, end_of_word_suffix: null },
      ...{ byte_fallback: true, ignore_merges: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: mergesOf(tokens, scores, kinds),
    },
  };
}

const NORMAL = 1, UNKNOWN = 2;

function mergesOf(
  tokens: readonly string[],
  scores: readonly number[],
  kinds: readonly number[],
): [string, string][] {
  const vocabulary = new Map(
    tokens.flatMap((token, id) =>
      kinds[id] === NORMAL ? [[token, id] as const] : []
    ),
  );
  const order = [...vocabulary.values()].sort((a, b) => scores[b] - scores[a]);
  return order.flatMap((id) => {
    const letters = [...tokens[id]];
    return letters.slice(1).map((_, i): [string, string] => [
      letters.slice(0, i + 1).join(""),
      letters.slice(i + 1).join(""),
    ]).filter((pair) => pair.every((part) => vocabulary.has(part)))
      .sort((a, b) => b[0].length - a[0].length);
  });
}
