"""CRUXEval-O of recorded rows once more, with transformers: the proof of the harness.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install torch transformers
    /tmp/venv/bin/python tasks/evaluate_peer.py MODEL cruxeval.jsonl FOLDER

MODEL is the folder that `deno task model get` prints, FOLDER holds the `rows.jsonl` of
an evaluation with `--dialect code`, greedy. Prompts are written here anew and have to
have the rows' hashes; answers are read and judged by Python's own `literal_eval`.
Writes `peer.jsonl`, a row an item, and `peer.json`: versions, seconds and counts.
"""

import ast
import hashlib
import json
import pathlib
import sys
import time

import torch
import transformers

BATCH = 25
STOPS = ["\n\n\n", "\nassert", "```"]


def prompt_of(item) -> str:
    return f"{item['code']}\n\nassert f({item['input']}) =="


def cut(text: str) -> str:
    """A response up to the end of its first stop string."""
    ends = [text.index(stop) + len(stop) for stop in STOPS if stop in text]
    return text[: min(ends)] if ends else text


def value_of(text: str):
    """The value of a literal behind `==`; a new object, equal to nothing, where it is none."""
    for stop in STOPS:
        text = text.split(stop)[0]
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return object()


def main() -> None:
    model_folder, file, folder = (pathlib.Path(path) for path in sys.argv[1:])
    settings = json.loads((folder / "settings.json").read_text())
    items = {row["id"]: row for row in map(json.loads, file.read_text().splitlines())}
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["benchmark"] == "cruxeval-o"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    begun = time.time()
    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.eos_token
    found = []
    for first in range(0, len(rows), BATCH):
        batch = rows[first : first + BATCH]
        prompts = [prompt_of(items[row["item"]]) for row in batch]
        for row, prompt in zip(batch, prompts):
            assert hashlib.sha256(prompt.encode()).hexdigest() == row["prompt"], row["item"]
        tokens = tokenizer(prompts, return_tensors="pt", add_special_tokens=False, padding=True)
        made = model.generate(
            **tokens,
            do_sample=False,
            max_new_tokens=settings["maxNewTokens"],
            stop_strings=STOPS,
            tokenizer=tokenizer,
            pad_token_id=tokenizer.eos_token_id,
        )
        for row, out in zip(batch, made):
            text = tokenizer.decode(out[tokens["input_ids"].shape[1] :])
            response = cut(text.split(tokenizer.eos_token)[0])
            gold = ast.literal_eval(items[row["item"]]["output"])
            found.append({"item": row["item"], "correct": int(value_of(response) == gold), "response": response})
        print(len(found), round(time.time() - begun), flush=True)
    (folder / "peer.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found))
    about = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "seconds": round(time.time() - begun),
        "items": len(rows),
        "right": sum(row["correct"] for row in found),
        "rightHere": sum(row["correct"] for row in rows),
        "judgedAlike": sum(a["correct"] == b["correct"] for a, b in zip(rows, found)),
        "sameResponse": sum(a["responses"][0] == b["response"] for a, b in zip(rows, found)),
    }
    (folder / "peer.json").write_text(json.dumps(about, indent=2) + "\n")


main()
