"""TRL's GRPOTrainer: a reward function, and prompts drawn while it trains.

TRL's `environment_factory` is for models that call tools: its `get_reward` does not
see what the model wrote. A task of Absolute Zero is one prompt and one response, so a
reward function and a streaming dataset are the form for it.
"""

from collections.abc import Callable, Sequence

from absolute_zero.client import Environment
from absolute_zero.rewards import Attempt, rewards_of


def reward_function(
    environment: Environment, attempt: Attempt | None = None, tokenizer=None
) -> Callable[..., list[float | None]]:
    """Returns a function for `GRPOTrainer(reward_funcs=...)`; `attempt` as in `rewards_of`.

    The `code` dialect takes the model's end token for the end of a response. TRL leaves
    that token out of its texts, so give the `tokenizer` there.
    """

    def absolute_zero(
        completions: list,
        completion_ids: list[list[int]],
        id: list[str],
        role: list[str],
        **_columns,
    ) -> list[float | None]:
        responses = (
            [_text(completion) for completion in completions]
            if tokenizer is None
            else tokenizer.batch_decode(completion_ids)
        )
        return rewards_of(environment, role, id, responses, attempt)

    return absolute_zero


def prompt_dataset(environment: Environment, roles: Sequence[str]):
    """Returns an endless dataset of prompts for `GRPOTrainer(train_dataset=...)`.

    Each row is drawn when the trainer asks for it, the roles in turn, so that tasks of
    earlier steps are in it. The trainer needs `max_steps`.
    """
    from datasets import Features, IterableDataset, Value

    columns = ("prompt", "id", "role", "mode")

    def draw():
        streams = [environment.stream(role) for role in roles]
        while True:
            for stream in streams:
                row = next(stream)
                yield {column: row[column] for column in columns}

    features = Features({column: Value("string") for column in columns})
    return IterableDataset.from_generator(draw, features=features)


def _text(completion: str | list[dict]) -> str:
    """A completion is a text, or the messages of a conversation."""
    return completion if isinstance(completion, str) else completion[-1]["content"]
