"""Writes tests/model/fixtures: tiny random checkpoints and what PyTorch computes on them.

Run from a throw-away environment, only when the fixtures must change:

    python -m venv /tmp/venv
    /tmp/venv/bin/pip install torch transformers safetensors peft
    /tmp/venv/bin/python tasks/make_fixtures.py

For each family: a Hugging Face folder, `expected.json` (tokens, logits, loss, a
greedy continuation) and `gradients.safetensors`. Weights are random, so every
parameter matters, norms and biases included. The library is never needed to run
the tests.
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

FIXTURES = pathlib.Path(__file__).parent.parent / "tests" / "model" / "fixtures"

SHAPE = dict(
    vocab_size=48,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    intermediate_size=40,
    max_position_embeddings=128,
    initializer_range=0.15,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=0,
)

# Frequencies below, inside and above the ramp all occur at this context.
LLAMA3_ROPE = dict(
    rope_type="llama3",
    rope_theta=10000.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)


def families():
    yield "qwen2", Qwen2ForCausalLM(Qwen2Config(**SHAPE, tie_word_embeddings=True))
    yield "qwen3", Qwen3ForCausalLM(
        Qwen3Config(**SHAPE, head_dim=16, tie_word_embeddings=True)
    )
    yield "llama", LlamaForCausalLM(
        LlamaConfig(**SHAPE, tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE)
    )


def randomise(model):
    generator = torch.Generator().manual_seed(5)
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                parameter.copy_(1 + 0.3 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(0.25 * noise)


def expectations(model):
    generator = torch.Generator().manual_seed(6)
    tokens = torch.randint(2, SHAPE["vocab_size"], (2, 40), generator=generator)
    model.eval()
    with torch.no_grad():
        logits = model(tokens).logits
    prompt = tokens[:1, :12]
    greedy = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=32,
        do_sample=False,
        eos_token_id=None,
    )
    return tokens, {
        "tokens": tokens.tolist(),
        # Enough positions to see the rotary tables, few enough to stay small.
        "positions": [0, 1, 7, 20, 39],
        "logits": logits[:, [0, 1, 7, 20, 39]].tolist(),
        "greedy_prompt": prompt[0].tolist(),
        "greedy": greedy[0, prompt.shape[1] :].tolist(),
    }


def gradients(model, tokens):
    model.zero_grad()
    loss = model(tokens, labels=tokens).loss
    loss.backward()
    return loss.item(), {
        name: parameter.grad.contiguous()
        for name, parameter in model.named_parameters()
    }


def write(name, model, **save_options):
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model.save_pretrained(folder, **save_options)
    return folder


def main():
    torch.set_num_threads(1)
    for name, model in families():
        randomise(model)
        model.config._attn_implementation = "eager"
        folder = write(name, model)
        tokens, expected = expectations(model)
        expected["loss"], slopes = gradients(model, tokens)
        (folder / "expected.json").write_text(json.dumps(expected) + "\n")
        save_file(slopes, folder / "gradients.safetensors")
        if name == "qwen2":
            adapt("qwen2-lora", model)
            narrow("qwen2-bf16-sharded", model, torch.bfloat16, max_shard_size="15KB")
        if name == "qwen3":
            narrow("qwen3-f16", model, torch.float16)


def adapt(name, model):
    """Random adapters on some projections; the base is the fixture beside it."""
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    targets = ["q_proj", "v_proj", "o_proj", "up_proj"]
    adapted = get_peft_model(
        model, LoraConfig(r=4, lora_alpha=8, target_modules=targets)
    )
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter_name, parameter in adapted.named_parameters():
            if "lora_" in parameter_name:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(0.2 * noise)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "qwen2"
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    _, expected = expectations(adapted)
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    adapted.unload()


def narrow(name, model, dtype, **save_options):
    """The same weights in 16 bits; expectations are of the rounded weights."""
    folder = write(name, model.to(dtype), **save_options)
    # Reopened, because casting back would keep the rotary frequencies rounded too.
    reopened = type(model).from_pretrained(folder, dtype=torch.float32)
    _, expected = expectations(reopened)
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
