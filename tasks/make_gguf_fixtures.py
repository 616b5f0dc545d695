"""Writes tests/model/fixtures/gguf: tiny random models as llama.cpp keeps them.

Run from a throw-away environment, only when the fixtures must change:

    python -m venv /tmp/venv
    /tmp/venv/bin/pip install gguf sentencepiece
    /tmp/venv/bin/python tasks/make_gguf_fixtures.py

A file of each family with every number format that is read, one of them in parts,
with the vocabularies of tests/model/fixtures/tokenizer-*; and `expected.json`: shape
and SHA-256 of every tensor, by tests/model/gguf_peer.py. Blocks of Q4_K and Q6_K are
random bytes with a sensible scale: the package reads these formats and writes none.
`sentencepiece.gguf` has a vocabulary trained here, as Llama 2 and Mistral have it,
and `sentencepiece.json` what SentencePiece does with texts.
"""

import io
import json
import pathlib
import sys

import numpy as np
import sentencepiece
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, TokenType, quantize

TESTS = pathlib.Path(__file__).parent.parent / "tests" / "model"
sys.path.append(str(TESTS))
import gguf_peer

FOLDER = TESTS / "fixtures" / "gguf"
random = np.random.default_rng(1)
HEADS, GROUPS, WIDE = 4, 2, 256


def values(*shape):
    return random.normal(0, 0.2, shape).astype(np.float32)


def pairs(weights, heads):
    """Rows as llama.cpp's converter puts them (`LlamaModel.permute`)."""
    rows = weights.shape[0] // heads // 2
    split = weights.reshape(heads, 2, rows, -1)
    return split.swapaxes(1, 2).reshape(weights.shape)


def random_blocks(rows, columns, kind):
    size, places = dict(Q4_K=(144, [0, 2]), Q6_K=(210, [208]))[kind.name]
    blocks = random.integers(0, 256, (rows, columns // 256, size), dtype=np.uint8)
    for place in places:
        scale = random.normal(0, 1e-3, blocks.shape[:2]).astype(np.float16)
        blocks[..., place : place + 2] = scale[..., None].view(np.uint8)
    return blocks.reshape(rows, -1)


def add(writer, name, weights, kind):
    if kind in (Type.Q4_K, Type.Q6_K):
        data = random_blocks(*weights.shape, kind)
    elif kind == Type.F32:
        data = weights
    elif kind == Type.F16:
        data = weights.astype(np.float16)
    else:
        data = quantize(weights, kind)
    writer.add_tensor(name, data, raw_dtype=kind)


def add_tokenizer(writer, folder, pre, rows):
    read = lambda name: json.loads((TESTS / "fixtures" / folder / name).read_text())
    tokenizer, config = read("tokenizer.json"), read("tokenizer_config.json")
    ids = dict(tokenizer["model"]["vocab"])
    kinds = {id: TokenType.NORMAL for id in ids.values()}
    for token in tokenizer["added_tokens"]:
        ids[token["content"]] = token["id"]
        kind = TokenType.CONTROL if token["special"] else TokenType.USER_DEFINED
        kinds[token["id"]] = kind
    by_id = {id: token for token, id in ids.items()}
    # Rows that no token needs are filled as llama.cpp's converter fills them.
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([by_id.get(id, f"[PAD{id}]") for id in range(rows)])
    writer.add_token_types([kinds.get(id, TokenType.UNUSED) for id in range(rows)])
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([" ".join(pair) for pair in merges])
    for kind in ["bos", "eos", "pad"]:
        if f"{kind}_token" in config:
            getattr(writer, f"add_{kind}_token_id")(ids[config[f"{kind}_token"]])
    template = TESTS / "fixtures" / folder / "chat_template.jinja"
    writer.add_chat_template(template.read_text())


def add_sentencepiece(writer, rows):
    tests = json.loads((TESTS / "fixtures/tokenizer-qwen/expected.json").read_text())
    texts = [row["text"] for row in tests["texts"] if "<" not in row["text"]]
    texts.append("  two\u2581spaces \ufeffmark\ttab  ")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*texts, pathlib.Path(__file__).read_text()] * 8),
        model_writer=model,
        model_type="bpe",
        vocab_size=rows,
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        user_defined_symbols=["\ufeff"],
        num_threads=1,
        minloglevel=2,
    )
    trained = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    kinds = [
        TokenType.UNKNOWN if trained.is_unknown(id)
        else TokenType.CONTROL if trained.is_control(id)
        else TokenType.BYTE if trained.is_byte(id)
        else TokenType.NORMAL
        for id in range(rows)
    ]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([trained.id_to_piece(id) for id in range(rows)])
    writer.add_token_scores([trained.get_score(id) for id in range(rows)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(trained.bos_id())
    writer.add_eos_token_id(trained.eos_id())
    expected = [dict(text=text, ids=trained.encode(text)) for text in texts]
    text = json.dumps(expected, indent=1) + "\n"
    (FOLDER / "sentencepiece.json").write_text(text)


def write(family, tokenizer, pre, kinds, width, head, layers, parts=0):
    rows, inner = 432, 32
    path = FOLDER / f"{family if tokenizer else 'sentencepiece'}.gguf"
    writer = GGUFWriter(path, family, split_max_tensors=parts)
    writer.add_block_count(layers)
    writer.add_context_length(128)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_key_length(head)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    if tokenizer:
        add_tokenizer(writer, tokenizer, pre, rows)
    else:
        add_sentencepiece(writer, rows)
    kind = iter(kinds * 100)
    add(writer, "token_embd.weight", values(rows, width), kinds[0])
    for layer in range(layers):
        block = lambda name: f"blk.{layer}.{name}"
        for name in ["attn_norm", "ffn_norm"]:
            add(writer, block(f"{name}.weight"), values(width), Type.F32)
        for name, heads in dict(q=HEADS, k=GROUPS, v=GROUPS).items():
            weights = values(heads * head, width)
            if family == "llama" and name != "v":
                weights = pairs(weights, heads)
            add(writer, block(f"attn_{name}.weight"), weights, next(kind))
            if family == "qwen2":
                add(writer, block(f"attn_{name}.bias"), values(heads * head), Type.F32)
            if family == "qwen3" and name != "v":
                add(writer, block(f"attn_{name}_norm.weight"), values(head), Type.F32)
        for name in ["ffn_gate", "ffn_up"]:
            add(writer, block(f"{name}.weight"), values(inner, width), next(kind))
        add(writer, block("attn_output.weight"), values(width, HEADS * head), Type.F16)
        add(writer, block("ffn_down.weight"), values(width, inner), Type.Q4_0)
    add(writer, "output_norm.weight", values(width), Type.F32)
    if family == "llama":
        add(writer, "output.weight", values(rows, width), Type.Q4_1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return gguf_peer.tensors(sorted(FOLDER.glob(f"{path.stem}*.gguf")))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.gguf"):
        path.unlink()
    small = [Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.BF16, Type.F32, Type.F16]
    wide = [Type.Q4_K, Type.Q6_K]
    expected = dict(
        llama=write("llama", "tokenizer-llama", "llama-bpe", small, 32, 8, 2),
        qwen2=write("qwen2", "tokenizer-qwen", "qwen2", wide, WIDE, 4, 1, parts=6),
        qwen3=write("qwen3", "tokenizer-qwen", "qwen2", [Type.BF16], 32, 16, 1),
    )
    write("llama", None, None, [Type.F16], 32, 8, 1)
    text = json.dumps(expected, indent=1)
    (FOLDER / "expected.json").write_text(text + "\n")


main()
