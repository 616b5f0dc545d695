"""Trains a model by TRL's GRPO on tasks that the environment serves, for a few steps.

    python trl_example.py MODEL_FOLDER LOG_FILE [STEPS]

The server is the one of AZR_SERVE_URL and AZR_SERVE_TOKEN, of the preset `laptop-lm`.
The log has a line for each call of the reward function: what TRL sent and was given.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from absolute_zero.client import Environment
from absolute_zero.trl import prompt_dataset, reward_function

# Proposals to begin with: each goes on where a proposer's prompt ends, `def f(`. The
# last line is ended, as a line that is not may have been cut off.
SEEDS = [
    "a, b):\n    return a + 2 * b\n\nassert f(3, 4) == 11\n",
    "s):\n    return s[::-1] + s\n\nassert f('ab') == 'baab'\n",
    "xs):\n    return sorted(xs)[-1]\n\nassert f([2, 9, 4]) == 9\n",
    "n):\n    return [n, n * n]\n\nassert f(5) == [5, 25]\n",
]
MAX_NEW_TOKENS = 32


def main(model_folder: str, log_file: str, steps: str = "2") -> None:
    torch.manual_seed(1)
    environment = Environment()
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    tokenizer.pad_token = tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    with open(log_file, "w", encoding="utf-8") as log:
        attempts: list[dict] = []

        def attempt(asked: list[dict]) -> list[str]:
            texts = sample(model, tokenizer, [row["prompt"] for row in asked])
            attempts.extend(
                {"task": row["id"], "response": text}
                for row, text in zip(asked, texts, strict=True)
            )
            return texts

        rewards_of = reward_function(environment, attempt, tokenizer)

        def absolute_zero(completion_ids, id, role, **columns):
            attempts.clear()
            rewards = rewards_of(
                completion_ids=completion_ids, id=id, role=role, **columns
            )
            responses = tokenizer.batch_decode(completion_ids)
            write(log, role, id, responses, rewards, attempts)
            return rewards

        seed(environment, log)
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=absolute_zero,
            train_dataset=prompt_dataset(environment, ["solve", "propose"]),
            args=settings(int(steps), f"{log_file}.trl"),
        )
        trainer.train()
        means = [row["reward"] for row in trainer.state.log_history if "reward" in row]
        print(json.dumps({"meanRewards": means}))


def settings(steps: int, output_dir: str) -> GRPOConfig:
    return GRPOConfig(
        max_steps=steps,
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=MAX_NEW_TOKENS,
        temperature=0.8,
        learning_rate=1e-6,
        optim="sgd",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        output_dir=output_dir,
    )


def seed(environment: Environment, log) -> None:
    """Sends the first proposals, so that there are tasks to solve."""
    for mode in ("deduction", "abduction"):
        ids = [row["id"] for row in environment.prompts("propose", len(SEEDS), mode)]
        verdicts = environment.propose(ids, SEEDS)
        write(
            log,
            ["propose"] * len(ids),
            ids,
            SEEDS,
            [verdict["reward"] for verdict in verdicts],
            [],
        )


@torch.no_grad()
def sample(model, tokenizer, prompts: list[str]) -> list[str]:
    """Returns one response of the model, as it is now, to each prompt."""
    batch = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    tokens = model.generate(
        **batch,
        do_sample=True,
        temperature=0.8,
        max_new_tokens=MAX_NEW_TOKENS,
        pad_token_id=tokenizer.pad_token_id,
    )
    written = tokens[:, batch["input_ids"].shape[1] :]
    return tokenizer.batch_decode(written)


def write(log, roles, ids, responses, rewards, attempts) -> None:
    rows = [
        {"role": role, "id": id, "response": response, "reward": reward}
        for role, id, response, reward in zip(
            roles, ids, responses, rewards, strict=True
        )
    ]
    log.write(json.dumps({"rows": rows, "attempts": attempts}) + "\n")
    log.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
