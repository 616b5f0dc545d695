"""Writes tests/model/fixtures/transformers_configs.json: what `config.json` fields do.

Run from the environment of make_fixtures.py, only when the fixtures must change:

    /tmp/venv/bin/python tasks/make_config_fixtures.py

For every family a tiny `config.json`, and for every field that a family's class
knows, or that config files in use carry, some other values with what transformers
makes of each: "same" logits, "other" logits, or an "error". Then rotary settings in
both spellings with the frequencies that transformers computes from them.
"""

import json
import pathlib
import tempfile
import warnings

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

FILE = (
    pathlib.Path(__file__).parent.parent
    / "tests/model/fixtures/transformers_configs.json"
)
SHAPE = dict(
    vocab_size=48,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
    intermediate_size=40,
    max_position_embeddings=128,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=0,
    tie_word_embeddings=False,
    sliding_window=None,
)
FAMILIES = ["qwen2", "qwen3", "llama", "mistral"]
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)
LLAMA3 = dict(
    rope_type="llama3",
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)
# Values that stand for what is found in config files; others come from the type.
OTHERS = dict(
    hidden_act=["gelu", "relu", "swish"],
    rope_parameters=[
        dict(rope_type="default", rope_theta=500.0),
        dict(rope_type="linear", factor=2.0, rope_theta=10000.0),
        dict(YARN, rope_theta=10000.0),
        dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5),
    ],
    rope_scaling=[YARN, dict(YARN, type="yarn"), dict(type="linear", factor=2.0), LLAMA3],
    rope_theta=[500.0],
    sliding_window=[8, 64, 4096],
    layer_types=[["sliding_attention", "full_attention"], ["full_attention"] * 2],
    use_sliding_window=[True],
    max_window_layers=[0, 1],
    partial_rotary_factor=[0.5],
    original_max_position_embeddings=[64],
    attention_bias=[True],
    mlp_bias=[True],
    quantization_config=[dict(quant_method="awq", bits=4)],
    eos_token_id=[2, [1, 2]],
    head_dim=[4, 16],
    num_key_value_heads=[1, 4],
    pretraining_tp=[2],
    dtype=["bfloat16"],
    torch_dtype=["bfloat16"],
    num_experts=[4],
    logit_scale=[2.0],
    final_logit_softcapping=[5.0],
    query_pre_attn_scalar=[16],
)
# Of the library itself, not of a model: they say how results are returned.
LIBRARY = ["architectures", "transformers_version", "model_type", "id2label", "label2id"]


def family_model(family, folder):
    config = AutoConfig.for_model(family, **SHAPE)
    model = AutoModelForCausalLM.from_config(config)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = 0.25 * torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + noise if "norm" in name else noise)
    model.save_pretrained(folder)


def logits(folder):
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    generator = torch.Generator().manual_seed(3)
    tokens = torch.randint(2, SHAPE["vocab_size"], (1, 48), generator=generator)
    with torch.no_grad():
        return model(tokens).logits


def others(name, value):
    if name in OTHERS:
        return OTHERS[name]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 2, 2 * value + 2]
    if isinstance(value, float):
        return [value + 0.5]
    return []


def effects(family):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        family_model(family, folder)
        plain = json.loads((folder / "config.json").read_text())
        expected = logits(folder)
        fields = sorted((set(plain) | set(OTHERS) | set(SHAPE)) - set(LIBRARY))
        rows = []
        for field in fields:
            for value in others(field, plain.get(field)):
                (folder / "config.json").write_text(json.dumps({**plain, field: value}))
                rows.append([field, value, effect(folder, expected)])
        for key in LIBRARY + ["dtype"]:
            plain.pop(key, None)
        return dict(config=dict(plain, model_type=family), effects=rows)


def effect(folder, expected):
    try:
        found = logits(folder)
    except Exception:
        return "error"
    equal = found.shape == expected.shape and torch.allclose(found, expected, atol=1e-5)
    return "same" if equal else "other"


def rotary_settings():
    for theta in ({}, dict(rope_theta=1e6)):
        yield dict(theta)
        for extra in (
            dict(rope_type="linear", factor=3.0),
            dict(rope_type="dynamic", factor=4.0),
            LLAMA3,
            YARN,
            dict(YARN, original_max_position_embeddings=None),
            dict(YARN, attention_factor=1.5),
            dict(YARN, mscale=0.7, mscale_all_dim=1.3),
            dict(YARN, mscale=0.7),
            dict(YARN, beta_fast=8.0, beta_slow=2.0),
            dict(YARN, truncate=False),
            dict(YARN, factor=1.0),
            dict(YARN, original_max_position_embeddings=4),
        ):
            extra = {name: value for name, value in extra.items() if value is not None}
            yield dict(theta, rope_scaling=extra)
            yield dict(rope_parameters=dict(extra, **theta))
            yield dict(theta, rope_parameters=extra)
            yield dict(
                theta,
                rope_scaling=extra,
                rope_parameters=dict(rope_type="default", rope_theta=1e4),
            )
    yield dict(rope_theta=5e5, rope_parameters=dict(rope_type="default", rope_theta=1e4))
    yield dict(rope_scaling={}, rope_parameters=dict(YARN, rope_theta=1e6))
    yield dict(rope_scaling=dict(YARN, type="linear"))
    yield dict(rope_scaling=dict(YARN), original_max_position_embeddings=64)


def rotary_row(fields):
    config = dict(SHAPE, model_type="llama", head_dim=16, **fields)
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "config.json"
        path.write_text(json.dumps(config))
        try:
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(name))
        except Exception:
            return dict(fields=fields, error=True)
    rotary = model.model.rotary_emb
    return dict(
        fields=fields,
        frequencies=[float(f"{value:.8g}") for value in rotary.inv_freq.tolist()],
        length=rotary.attention_scaling,
    )


def main():
    warnings.simplefilter("ignore")
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    rows = [rotary_row(fields) for fields in rotary_settings()]
    result = dict(
        families={family: effects(family) for family in FAMILIES},
        rotary=dict(config=dict(SHAPE, model_type="llama", head_dim=16), rows=rows),
    )
    lines = json.dumps(result).replace('["', '\n["').replace('{"fields', '\n{"fields')
    FILE.write_text(lines + "\n")


if __name__ == "__main__":
    main()
