"""The other side of transformers_test.ts: `write FOLDER` and `read FOLDER`.

`write` makes random models of every family, tied and untied, with adapters, and
records what they compute. `read` opens what was written beside them, in folders
whose names begin with "ours-", and prints what those compute. Nothing is judged
here.
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
)

SHAPE = dict(
    vocab_size=48,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    intermediate_size=40,
    max_position_embeddings=128,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=0,
)
LLAMA3_ROPE = dict(
    rope_type="llama3",
    rope_theta=10000.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)
YARN_ROPE = dict(
    rope_type="yarn",
    rope_theta=10000.0,
    factor=4.0,
    original_max_position_embeddings=32,
)
# Kinds of models: a family, and what its configuration adds to the shape.
KINDS = dict(
    qwen2=("qwen2", {}),
    qwen3=("qwen3", dict(head_dim=16)),
    llama=("llama", dict(rope_parameters=LLAMA3_ROPE)),
    mistral=("mistral", dict(sliding_window=None, head_dim=16)),
    yarn=("qwen3", dict(head_dim=16, rope_parameters=YARN_ROPE)),
)
# Kinds whose adapters are more than of one rank and scale.
ADAPTERS = dict(
    mistral=dict(
        use_rslora=True, rank_pattern=dict(q_proj=2), alpha_pattern=dict(v_proj=7)
    ),
    yarn=dict(layers_to_transform=[1], exclude_modules=["up_proj"]),
)
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            noise = 0.25 * torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + noise if "norm" in name else noise)


def tokens():
    generator = torch.Generator().manual_seed(3)
    return torch.randint(2, SHAPE["vocab_size"], (2, 40), generator=generator)


def computed(model):
    model.eval()
    prompt = tokens()[:1, :10]
    with torch.no_grad():
        logits = model(tokens()).logits.float()
        greedy = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=24,
            do_sample=False,
            eos_token_id=None,
        )
    return dict(
        tokens=tokens().tolist(),
        prompt=prompt[0].tolist(),
        logits=logits.flatten().tolist(),
        greedy=greedy[0, prompt.shape[1] :].tolist(),
    )


def trained(model):
    """Losses and gradient norms of some AdamW steps on the tokens."""
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            dict(params=[p for p in parameters if p.ndim > 1], weight_decay=0.1),
            dict(params=[p for p in parameters if p.ndim == 1], weight_decay=0),
        ],
        lr=5e-3,
        betas=(0.9, 0.95),
    )
    rows = []
    for _ in range(6):
        optimiser.zero_grad()
        loss = model(tokens(), labels=tokens()).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        rows.append([loss.item(), norm.item()])
    return rows


def reopened(folder):
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )


def write(parent):
    for kind, (family, extra) in KINDS.items():
        for tied in (True, False):
            name = f"{kind}-{'tied' if tied else 'untied'}"
            config = AutoConfig.for_model(
                family, **SHAPE, **extra, tie_word_embeddings=tied
            )
            model = AutoModelForCausalLM.from_config(config)
            model.config._attn_implementation = "eager"
            randomise(model, 5)
            model.save_pretrained(parent / name, max_shard_size="20KB")
            expected = dict(model=computed(model))
            expected["trained"] = trained(reopened(parent / name))
            options = dict(
                r=3, lora_alpha=5, target_modules=TARGETS, **ADAPTERS.get(kind, {})
            )
            adapted = get_peft_model(model, LoraConfig(**options))
            randomise_adapters(adapted)
            expected["adapted"] = computed(adapted)
            adapted.save_pretrained(parent / f"{name}-lora")
            expected["adapters_trained"] = trained(adapted)
            (parent / f"{name}.json").write_text(json.dumps(expected))


def randomise_adapters(model):
    generator = torch.Generator().manual_seed(7)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            noise = torch.randn(parameter.shape, generator=generator)
            with torch.no_grad():
                parameter.copy_(0.2 * noise)


def read(parent):
    results = {}
    for folder in sorted(parent.glob("ours-*")):
        model = reopened(base_of(folder))
        if (folder / "adapter_config.json").exists():
            model = PeftModel.from_pretrained(model, folder)
        result = computed(model)
        result["eos"] = model.generation_config.eos_token_id
        if (folder / "texts.json").exists():
            result["texts"] = texts(model, folder)
        results[folder.name] = result
    print(json.dumps(results))


def base_of(folder):
    config = folder / "adapter_config.json"
    if not config.exists():
        return folder
    return json.loads(config.read_text())["base_model_name_or_path"]


def texts(model, folder):
    """What the tokenizer beside the model makes of texts, and the model's greedy text."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = []
    for text in json.loads((folder / "texts.json").read_text()):
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        out = model.generate(
            inputs.input_ids,
            attention_mask=torch.ones_like(inputs.input_ids),
            max_new_tokens=24,
            do_sample=False,
        )
        new = out[0, inputs.input_ids.shape[1] :]
        chat = None
        if tokenizer.chat_template:
            chat = tokenizer.apply_chat_template(
                [dict(role="user", content=text)],
                tokenize=False,
                add_generation_prompt=True,
            )
        rows.append(
            dict(
                ids=inputs.input_ids[0].tolist(),
                greedy=tokenizer.decode(new, skip_special_tokens=True),
                chat=chat,
            )
        )
    return rows


if __name__ == "__main__":
    dict(write=write, read=read)[sys.argv[1]](pathlib.Path(sys.argv[2]))
