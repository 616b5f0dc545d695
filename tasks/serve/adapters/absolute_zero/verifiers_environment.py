"""verifiers and prime-rl: a taskset of prompts drawn from the live buffers.

    vf.load_environment(vf.resolve_env_config({"taskset": {"id": "absolute-zero"}}))

The server is the one of AZR_SERVE_URL and AZR_SERVE_TOKEN (client.py), so that no
token is written into a config.
"""

import asyncio
from collections.abc import Iterator

import verifiers.v1 as vf

from absolute_zero.client import Environment
from absolute_zero.rewards import rewards_of


class AbsoluteZeroConfig(vf.TasksetConfig):
    role: str = "solve"
    """`solve`, or `propose` with a server whose `learnability` is `uniform`."""


class AbsoluteZeroData(vf.TaskData):
    role: str
    mode: str


class AbsoluteZeroTask(vf.Task[AbsoluteZeroData, vf.State, vf.TaskConfig]):
    @vf.reward
    async def reward(self, trace: vf.Trace) -> float:
        """Returns what the environment gives for the model's last message, as it was written."""
        [*_, message] = trace.assistant_messages
        [reward] = await asyncio.to_thread(
            rewards_of,
            Environment(),
            [self.data.role],
            [self.data.id],
            [message.content or ""],
        )
        if reward is None:
            raise ValueError(
                f"the response to {self.data.id} has no reward: serve with "
                "--set learnability=uniform to train the proposer by verifiers"
            )
        return reward


class AbsoluteZeroTaskset(vf.Taskset[AbsoluteZeroTask, AbsoluteZeroConfig]):
    INFINITE = True

    def load(self) -> Iterator[AbsoluteZeroTask]:
        """Draws a task whenever one is asked for, from the buffers as they are then."""
        fields = ("id", "role", "mode", "prompt")
        for row in Environment().stream(self.config.role):
            data = AbsoluteZeroData(**{field: row[field] for field in fields})
            yield AbsoluteZeroTask(data, self.config.task)


def load_environment(role: str = "solve") -> vf.Env:
    """Returns the environment of one role."""
    taskset = {"id": "absolute-zero", "role": role}
    return vf.load_environment(vf.resolve_env_config({"taskset": taskset}))
