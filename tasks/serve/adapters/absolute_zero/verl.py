"""veRL: a custom reward function for rows that `rows` made.

    custom_reward_function.path=FOLDER/absolute_zero/verl.py
    custom_reward_function.name=compute_score

Each worker reads AZR_SERVE_URL and AZR_SERVE_TOKEN (client.py).
"""

from functools import cache

from absolute_zero.client import Environment
from absolute_zero.rewards import rewards_of


@cache
def _environment() -> Environment:
    return Environment()


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: dict | None = None,
    **_more,
) -> float:
    """Returns the reward of one response; `ground_truth` is the id of its prompt.

    Throws where there is none: a valid proposal needs `learnability` `uniform` here.
    """
    role = (extra_info or {}).get("role", "solve")
    [reward] = rewards_of(_environment(), [role], [ground_truth], [solution_str])
    if reward is None:
        raise ValueError(
            f"the response to {ground_truth} has no reward: serve with "
            "--set learnability=uniform to train the proposer by veRL"
        )
    return reward


def rows(environment: Environment, role: str, count: int) -> list[dict]:
    """Draws prompts as rows of veRL's parquet files."""
    return [
        {
            "data_source": "absolute_zero",
            "prompt": [{"role": "user", "content": row["prompt"]}],
            "ability": row["mode"],
            "reward_model": {"style": "rule", "ground_truth": row["id"]},
            "extra_info": {"role": role, "mode": row["mode"]},
        }
        for row in environment.prompts(role, count)
    ]
