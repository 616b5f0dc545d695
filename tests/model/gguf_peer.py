"""The other side of gguf_test.ts: what the Python package `gguf` reads.

    pip install gguf            (and transformers, for `tokens`)
    gguf_peer.py tensors FILE...   every tensor of the model, in Hugging Face's names
                                   and order of rows: its shape and the SHA-256 of
                                   its values as little-endian F32
    gguf_peer.py tokens FOLDER TEXTS  the ids that transformers gives to each text of
                                   a JSON list by the folder made of the file. Opening
                                   the file itself it splits texts by no other rule
                                   than GPT-2's, whatever `tokenizer.ggml.pre` says
"""

import hashlib
import json
import pathlib
import re
import sys

import numpy as np
from gguf import GGUFReader, dequantize

NAMES = dict(
    token_embd="model.embed_tokens",
    output_norm="model.norm",
    output="lm_head",
    attn_q="self_attn.q_proj",
    attn_k="self_attn.k_proj",
    attn_v="self_attn.v_proj",
    attn_output="self_attn.o_proj",
    attn_q_norm="self_attn.q_norm",
    attn_k_norm="self_attn.k_norm",
    ffn_gate="mlp.gate_proj",
    ffn_up="mlp.up_proj",
    ffn_down="mlp.down_proj",
    attn_norm="input_layernorm",
    ffn_norm="post_attention_layernorm",
)


def name_of(name):
    layer, part, kind = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.(\w+)", name).groups()
    place = "" if layer is None else f"model.layers.{layer}."
    return f"{place}{NAMES[part]}.{kind}"


def halves(values, heads):
    """Rows as transformers' LlamaTensorProcessor puts them: pairs apart."""
    rows = values.shape[0] // heads // 2
    return values.reshape(heads, rows, 2, -1).swapaxes(2, 1).reshape(values.shape)


def tensors(paths):
    first = GGUFReader(paths[0])
    text = lambda key: str(first.get_field(key).contents())
    family = text("general.architecture")
    heads = int(text(f"{family}.attention.head_count"))
    groups = int(text(f"{family}.attention.head_count_kv"))
    found = {}
    for path in paths:
        for tensor in GGUFReader(path).tensors:
            values = dequantize(tensor.data, tensor.tensor_type)
            values = values.reshape(tensor.shape[::-1]).astype("<f4")
            rotated = re.search(r"attn_([qk])\.", tensor.name)
            if family == "llama" and rotated:
                values = halves(values, heads if rotated[1] == "q" else groups)
            found[name_of(tensor.name)] = dict(
                shape=list(map(int, values.shape)),
                sha256=hashlib.sha256(np.ascontiguousarray(values)).hexdigest(),
            )
    return found


def tokens(path, texts):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(path)
    return [tokenizer.encode(text, add_special_tokens=False) for text in texts]


if __name__ == "__main__":
    verb, path, *rest = sys.argv[1:]
    if verb == "tensors":
        print(json.dumps(tensors([path, *rest])))
    else:
        print(json.dumps(tokens(path, json.loads(pathlib.Path(rest[0]).read_text()))))
