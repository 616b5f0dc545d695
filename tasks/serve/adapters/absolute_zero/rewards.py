"""Rewards of responses to drawn prompts, proposals and answers mixed: what all adapters share."""

from collections.abc import Callable, Sequence

from absolute_zero.client import Environment

# Takes prompts with their stop strings, returns one response of the model to each.
Attempt = Callable[[list[dict]], list[str]]


def rewards_of(
    environment: Environment,
    roles: Sequence[str],
    ids: Sequence[str],
    responses: Sequence[str],
    attempt: Attempt | None = None,
) -> list[float | None]:
    """Returns one reward a response, in order; None where there is none.

    A valid proposal earns by how often its task is solved. `attempt` solves it with the
    trainer's model: it is given each new task's prompt as often as attempts are missing.
    Without `attempt` a valid proposal has a reward only where the server's setting
    `learnability` is `uniform`.
    """
    rewards: list[float | None] = [None] * len(ids)
    answered = [i for i, role in enumerate(roles) if role == "solve"]
    grades = environment.answer(
        [ids[i] for i in answered], [responses[i] for i in answered]
    )
    for i, grade in zip(answered, grades, strict=True):
        rewards[i] = grade["reward"]
    proposed = [i for i, role in enumerate(roles) if role == "propose"]
    verdicts = environment.propose(
        [ids[i] for i in proposed], [responses[i] for i in proposed]
    )
    if attempt is not None:
        verdicts = _attempted(environment, verdicts, attempt)
    for i, verdict in zip(proposed, verdicts, strict=True):
        rewards[i] = verdict["reward"]
    return rewards


def _attempted(
    environment: Environment, verdicts: list[dict], attempt: Attempt
) -> list[dict]:
    """Attempts the tasks of valid proposals, and asks for the verdicts again."""
    asked = [
        verdict["task"]
        for verdict in verdicts
        if verdict["task"] is not None
        for _ in range(verdict["missing"])
    ]
    if not asked:
        return verdicts
    environment.answer([task["id"] for task in asked], attempt(asked))
    valid = [verdict for verdict in verdicts if verdict["task"] is not None]
    later = environment.verdicts([verdict["id"] for verdict in valid])
    by_id = {verdict["id"]: now for verdict, now in zip(valid, later, strict=True)}
    return [by_id.get(verdict["id"], verdict) for verdict in verdicts]
