"""The PyTorch side of `deno task bench model --torch`: same shapes, same work.

Reads one shape as JSON from the command line and prints its figures as JSON.
Training is forward, backward, clipping and AdamW in eager mode; generation is
`transformers.generate` with its cache. Every figure is the median over some
repetitions, after two that warm up.
"""

import json
import os
import platform
import resource
import statistics
import sys
import time

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM


def main():
    shape = json.loads(sys.argv[1])
    torch.manual_seed(0)
    fields = dict(shape["model"])
    fields.setdefault("num_key_value_heads", fields["num_attention_heads"])
    fields["head_dim"] = fields["hidden_size"] // fields["num_attention_heads"]
    config = AutoConfig.for_model(
        fields.pop("model_type"), **fields, tie_word_embeddings=True,
        eos_token_id=None, pad_token_id=0, bos_token_id=None,
    )
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    if shape["lora"]:
        from peft import LoraConfig, get_peft_model

        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
        model = get_peft_model(
            model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear")
        )
    print(json.dumps({
        **measure_training(model, shape),
        **measure_generation(model, shape),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "environment": {
            "threads": torch.get_num_threads(),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "load_average": [round(load, 2) for load in os.getloadavg()],
        },
    }))


def measure_training(model, shape):
    rows, columns = shape["batch"]
    vocabulary = shape["model"]["vocab_size"]
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.1)

    def step():
        # One column more: the labels are shifted inside, the work is `columns`.
        tokens = torch.randint(2, vocabulary, (rows, columns + 1))
        loss = model(tokens[:, :-1], labels=tokens[:, :-1], use_cache=False).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        return loss.item()

    steps = shape["trainSteps"]

    def run():
        for _ in range(steps):
            step()

    seconds, cpu_seconds = timed(shape["repetitions"], run)
    return {
        "train_tokens_per_s": rows * columns * steps / seconds,
        "train_tokens_per_cpu_s": rows * columns * steps / cpu_seconds,
    }


def timed(repetitions, work):
    """Medians of the wall-clock and processor seconds of some work."""
    for _ in range(2):
        work()
    walls, cpus = [], []
    for _ in range(repetitions):
        started, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - started)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def measure_generation(model, shape):
    rows, prompt, fresh = shape["generate"]
    vocabulary = shape["model"]["vocab_size"]
    model.eval()
    if shape["lora"]:
        model.gradient_checkpointing_disable()

    def run():
        tokens = torch.randint(2, vocabulary, (rows, prompt))
        with torch.no_grad():
            out = model.generate(
                input_ids=tokens, attention_mask=torch.ones_like(tokens),
                max_new_tokens=fresh, min_new_tokens=fresh, do_sample=True, top_k=0,
                use_cache=True, eos_token_id=None, pad_token_id=0,
            )
        assert out.shape[1] == prompt + fresh

    seconds, cpu_seconds = timed(shape["repetitions"], run)
    return {
        "generate_tokens_per_s": rows * fresh / seconds,
        "generate_tokens_per_cpu_s": rows * fresh / cpu_seconds,
    }


if __name__ == "__main__":
    main()
