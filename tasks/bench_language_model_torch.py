"""The transformers and PEFT side of `deno task bench language_model --torch`.

Takes a model folder, the rank of adapters (0 for none) and a row as JSON, and runs the
row for every line of standard input, with its figures as JSON. With a device as well
("cuda" or "cpu") it runs the row twice, unasked. Training is forward, backward, clipping
and AdamW on the logits of the responses alone, two sequences at a time.
"""

import json
import resource
import sys
import time

import torch
from transformers import AutoModelForCausalLM

folder, lora, row = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
device = sys.argv[4] if len(sys.argv) > 4 else "cpu"
torch.manual_seed(0)
if device == "cuda":
    torch.set_float32_matmul_precision("high")
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).to(device)
most = model.config.vocab_size
if lora > 0:
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(
        model, LoraConfig(r=lora, lora_alpha=2 * lora, target_modules="all-linear")
    )
trained = [p for p in model.parameters() if p.requires_grad]
optimiser = torch.optim.AdamW(trained, lr=1e-6) if row["trains"] else None
rows = row["prompts"] * row["samples"]
prompt, fresh = row["promptTokens"], row["responseTokens"]


def prompts():
    ids = torch.randint(2, most, (row["prompts"], prompt), device=device)
    return ids.repeat_interleave(row["samples"], 0)


def generate():
    ids = prompts()
    with torch.no_grad():
        model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=True,
            max_new_tokens=fresh, min_new_tokens=fresh, top_k=0, temperature=1.0,
        )


def train():
    optimiser.zero_grad()
    for first in range(0, rows, 2):
        count = min(2, rows - first)
        ids = torch.randint(2, most, (count, prompt + fresh), device=device)
        logits = model(ids, logits_to_keep=fresh + 1, use_cache=False).logits
        logs = logits[:, :-1].log_softmax(-1)
        chosen = logs.gather(-1, ids[:, -fresh:, None])[..., 0]
        entropy = -(logs.exp() * logs).sum(-1)
        signs = torch.where(torch.arange(count, device=device) % 2 == 0, -1.0, 1.0)[:, None]
        loss = -(chosen * signs).mean() - 0.001 * entropy.mean()
        (loss * count / rows).backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimiser.step()


def settle():
    if device == "cuda":
        torch.cuda.synchronize()


work = train if row["trains"] else generate
for _ in sys.stdin if len(sys.argv) == 4 else range(2):
    settle()
    started, cpu = time.perf_counter(), time.process_time()
    work()
    settle()
    print(json.dumps({
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - cpu,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }), flush=True)
