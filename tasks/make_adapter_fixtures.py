"""Writes tests/model/fixtures/peft_configs.json: adapters as PEFT writes and reads them.

Run from the environment of make_fixtures.py, only when the fixtures must change:

    /tmp/venv/bin/python tasks/make_adapter_fixtures.py

`cases`: adapter_config.json files as PEFT saves them, the tensors beside them by name
and shape, and the last logits. `effects`: for every field of such a file another
value, and whether PEFT then computes the "same", "other" logits, or an "error".
Values come from `value_of`, so that no weights are stored.
"""

import json
import math
import pathlib
import tempfile
import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

FIXTURES = pathlib.Path(__file__).parent.parent / "tests" / "model" / "fixtures"
TOKENS = [[1, 5, 7, 9, 11, 3, 2, 8, 20, 21, 22, 23]]
PLAIN = dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "o_proj", "up_proj"])
PATTERNS = dict(
    rank_pattern={"q_proj": 2, "layers.1.self_attn.v_proj": 6},
    alpha_pattern={"v_proj": 3, r"model\.layers\.0\..*_proj": 5},
)
CASES = {
    "plain": {},
    "rslora": dict(use_rslora=True),
    "all-linear": dict(target_modules="all-linear"),
    "full names": dict(target_modules=["model.layers.1.mlp.down_proj", "k_proj"]),
    "regex": dict(target_modules=r".*\.layers\.1\..*(q_proj|up_proj)"),
    "excluded": dict(exclude_modules=["up_proj", "model.layers.0.self_attn.q_proj"]),
    "excluded by regex": dict(exclude_modules=r".*layers\.0.*"),
    "one layer": dict(layers_to_transform=[1]),
    "one layer by number": dict(layers_to_transform=0, layers_pattern="layers"),
    "patterns": PATTERNS,
    "patterns, rslora": dict(PATTERNS, use_rslora=True),
    "other names too": dict(target_modules=["q_proj", "query_key_value"]),
    "dropout": dict(lora_dropout=0.3),
    "gaussian": dict(init_lora_weights="gaussian"),
    "orthogonal": dict(init_lora_weights="orthogonal"),
    "no init": dict(init_lora_weights=False),
    "llama: head": dict(modules_to_save=["lm_head"]),
    "llama: head, embedding, norms": dict(
        modules_to_save=["lm_head", "embed_tokens", "norm", "input_layernorm"]
    ),
    # What changes more than a sum of matrices.
    "pissa": dict(init_lora_weights="pissa"),
    "pissa_niter_4": dict(init_lora_weights="pissa_niter_4"),
    "olora": dict(init_lora_weights="olora"),
    "dora": dict(use_dora=True),
    "biases": dict(bias="all"),
    "llama: head as target": dict(target_modules=["q_proj", "lm_head"]),
    "embedding saved, tied": dict(modules_to_save=["embed_tokens"]),
}
OTHERS = dict(
    target_modules=[["q_proj"], ["q_proj", "v_proj", "o_proj", "up_proj", "k_proj"], "q"],
    exclude_modules=[["q_proj"]],
    layers_to_transform=[[0]],
    layers_pattern=[["layers"]],
    rank_pattern=[{"q_proj": 2}],
    alpha_pattern=[{"q_proj": 2}],
    modules_to_save=[["lm_head"]],
    init_lora_weights=["pissa", "olora", "gaussian", False, "loftq", "corda", "mica"],
    bias=["all", "lora_only"],
    peft_type=["IA3", "LOHA"],
    layer_replication=[[[0, 1], [0, 2]]],
    target_parameters=[["q_proj.weight"]],
    trainable_token_indices=[[1]],
    alora_invocation_tokens=[[1]],
    task_type=["SEQ_CLS"],
    auto_mapping=[{"base_model_class": "X"}],
    revision=["main"],
)


def value_of(name, index):
    seed = sum(name.encode()) % 97
    return 0.2 * math.sin(1 + seed + 0.7 * index)


def fill(path):
    """Gives every tensor of a file its values; returns their shapes."""
    tensors = load_file(path)
    for name, tensor in tensors.items():
        values = [value_of(name, i) for i in range(tensor.numel())]
        filled = torch.tensor(values, dtype=torch.float32).reshape(tensor.shape)
        tensors[name] = 1 + filled if "norm" in name else filled
    save_file(tensors, path)
    return {name: list(tensor.shape) for name, tensor in tensors.items()}


def base_model(name):
    return AutoModelForCausalLM.from_pretrained(
        FIXTURES / name, dtype=torch.float32, attn_implementation="eager"
    )


def logits(base, folder):
    model = PeftModel.from_pretrained(base_model(base), folder).eval()
    with torch.no_grad():
        return model(torch.tensor(TOKENS)).logits[0, -1]


def case(name, options, folder):
    base = "llama" if name.startswith("llama") else "qwen2"
    adapted = get_peft_model(base_model(base), LoraConfig(**{**PLAIN, **options}))
    adapted.save_pretrained(folder)
    shapes = fill(folder / "adapter_model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = base
    found = [float(f"{value:.7g}") for value in logits(base, folder).tolist()]
    return dict(name=name, base=base, config=config, shapes=shapes, logits=found[:12])


def others(field, value):
    if field in OTHERS:
        return OTHERS[field]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1]
    return [{"unknown": 1}] if value is None and field.endswith("config") else []


def effects(config, folder):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(config))
    expected = logits("qwen2", folder)
    rows = []
    for field in sorted(config):
        for value in others(field, config[field]):
            path.write_text(json.dumps({**config, field: value}))
            try:
                equal = torch.allclose(logits("qwen2", folder), expected, atol=1e-5)
                rows.append([field, value, "same" if equal else "other"])
            except Exception:
                rows.append([field, value, "error"])
    return rows


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    cases = []
    for name, options in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            cases.append(case(name, options, pathlib.Path(folder)))
            if name == "plain":
                rows = effects(cases[0]["config"], pathlib.Path(folder))
    plain = cases[0]["config"]
    for row in cases[1:]:
        # Only what differs from the first case's file.
        row["config"] = {k: v for k, v in row["config"].items() if plain.get(k) != v}
    result = dict(tokens=TOKENS, cases=cases, effects=rows)
    text = json.dumps(result).replace('{"name', '\n{"name').replace('["', '\n["')
    (FIXTURES / "peft_configs.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
