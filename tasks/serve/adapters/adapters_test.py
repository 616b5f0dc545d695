"""The adapters in the real libraries, against a server in the chat dialect and Python.

Run by `deno task test:serve`, which sets AZR_SERVE_URL and AZR_SERVE_TOKEN.
"""

import asyncio
import os
import unittest
from pathlib import Path

from absolute_zero.client import Environment, EnvironmentRefused
from absolute_zero.rewards import rewards_of
from absolute_zero.trl import reward_function

PACKAGE = Path(__file__).parent / "absolute_zero"
ATTEMPTS = 8


def answered(text: str) -> str:
    return f"idea</think> <answer>\n{text}</answer>"


def proposal(number: int) -> str:
    return answered(
        f"```python\ndef f(a):\n    return [a, a * {number}]\n```\n```input\n3\n```\n"
    )


def outputs(number: int) -> list[str]:
    """A right answer, a wrong one, and one without a form."""
    return [
        answered(f"```output\n[3, {3 * number}]\n```\n"),
        answered("```output\n[0, 0]\n```\n"),
        "no form",
    ]


REWARDS = [1, -0.5, -1]


class AdaptersTest(unittest.TestCase):
    def setUp(self):
        self.environment = Environment()

    def propose(self, number: int) -> dict:
        [prompt] = self.environment.prompts("propose", 1, "deduction")
        [verdict] = self.environment.propose([prompt["id"]], [proposal(number)])
        self.assertEqual(verdict["status"], "valid", verdict)
        return verdict

    def test_client_plays_a_task_from_prompt_to_learnability(self):
        verdict = self.propose(101)
        task = verdict["task"]["id"]
        self.assertIsNone(verdict["reward"])
        right, wrong, _ = outputs(101)
        texts = [right] * 2 + [wrong] * 6
        grades = self.environment.answer([task] * ATTEMPTS, texts)
        self.assertEqual([row["reward"] for row in grades], [1] * 2 + [-0.5] * 6)
        [later] = self.environment.verdicts([verdict["id"]])
        self.assertEqual((later["solveRate"], later["reward"]), (0.25, 0.75))

    def test_client_tells_what_the_server_refuses_and_that_none_is_there(self):
        with self.assertRaisesRegex(EnvironmentRefused, 'there is no task "x"'):
            self.environment.answer(["x"], [""])
        with self.assertRaisesRegex(EnvironmentRefused, "Bearer"):
            Environment(token="not the token").prompts("solve")
        nobody = Environment(url="http://127.0.0.1:9", patience_seconds=1)
        with self.assertRaisesRegex(TimeoutError, "is `deno task serve` running"):
            nobody.prompts("solve")

    def test_more_rows_than_a_request_takes_go_in_several(self):
        task = self.propose(102)["task"]["id"]
        right, wrong, _ = outputs(102)
        texts = [right, wrong] * 150
        grades = self.environment.answer([task] * len(texts), texts)
        self.assertEqual([row["reward"] for row in grades], [1, -0.5] * 150)

    def test_mixed_roles_are_rewarded_in_order(self):
        task = self.propose(103)["task"]["id"]
        prompts = self.environment.prompts("propose", 2, "deduction")
        right, wrong, _ = outputs(104)
        roles = ["propose", "solve", "propose", "solve"]
        ids = [prompts[0]["id"], task, prompts[1]["id"], task]
        texts = [proposal(104), outputs(103)[0], "no form", outputs(103)[1]]
        asked = []

        def attempt(rows: list[dict]) -> list[str]:
            asked.extend(rows)
            return [right] * 6 + [wrong] * 2

        rewards = rewards_of(self.environment, roles, ids, texts, attempt)
        self.assertEqual(rewards, [0.25, 1, -1, -0.5])
        self.assertEqual(len(asked), ATTEMPTS)

    def test_trl_reads_texts_and_conversations(self):
        task = self.propose(105)["task"]["id"]
        reward = reward_function(self.environment)
        rows = {"id": [task] * 3, "role": ["solve"] * 3, "completion_ids": [[]] * 3}
        texts = outputs(105)
        self.assertEqual(reward(completions=texts, **rows), REWARDS)
        said = [[{"role": "assistant", "content": text}] for text in texts]
        self.assertEqual(reward(completions=said, **rows), REWARDS)

    def test_openrlhf_sends_the_token_in_its_address(self):
        import aiohttp

        task = self.propose(108)["task"]
        said = [task["prompt"] + text + "<|im_end|>" for text in outputs(108)]
        labels = [task["id"]] * len(said)
        body = {"query": said, "prompts": [task["prompt"]] * 3, "labels": labels}
        token = Path(os.environ["AZR_SERVE_TOKEN"]).read_text().strip()

        # As OpenRLHF 0.11.2 does (openrlhf/utils/agent.py): no header of its own.
        async def post(who: str) -> tuple[int, dict]:
            url = self.environment.url.replace("://", f"://{who}") + "/get_reward"
            async with aiohttp.ClientSession() as session:
                async with session.post(url, json=body) as response:
                    return response.status, await response.json()

        status, answer = asyncio.run(post(f"openrlhf:{token}@"))
        self.assertEqual((status, answer["rewards"]), (200, REWARDS))
        for who in ("", "openrlhf:wrong@"):
            self.assertEqual(asyncio.run(post(who))[0], 401)

    def test_a_stream_ends_with_words_where_there_is_nothing(self):
        rows = [row["mode"] for _, row in zip(range(6), self.environment.stream("solve"))]
        self.assertIn("deduction", rows)
        self.environment.prompts = lambda role: []
        with self.assertRaisesRegex(RuntimeError, "--tokenizer"):
            next(self.environment.stream("solve"))

    def test_verl_loads_the_reward_function_and_scores(self):
        from omegaconf import OmegaConf
        from verl.trainer.ppo.reward import get_custom_reward_fn

        from absolute_zero.verl import rows

        self.propose(106)
        drawn = rows(self.environment, "solve", 30)
        row = next(
            row
            for row in drawn
            if is_ours(row["prompt"][0]["content"]) and row["ability"] == "deduction"
        )
        function = {"path": str(PACKAGE / "verl.py"), "name": "compute_score"}
        config = {"reward": {"custom_reward_function": function}}
        score = get_custom_reward_fn(OmegaConf.create(config))
        scores = [
            score(
                data_source=row["data_source"],
                solution_str=text,
                ground_truth=row["reward_model"]["ground_truth"],
                extra_info=row["extra_info"],
            )
            for text in answers_to(row["prompt"][0]["content"])
        ]
        self.assertEqual(scores, REWARDS)

    def test_verifiers_loads_the_environment_and_scores_traces(self):
        import verifiers.v1 as vf
        from verifiers.v1.graph import MessageNode
        from verifiers.v1.trace import AgentInfo, TraceTask
        from verifiers.v1.types import AssistantMessage

        from absolute_zero.verifiers_environment import load_environment

        self.propose(107)
        environment = load_environment("solve")
        task = next(
            task
            for task in environment.taskset.take(30)
            if is_ours(task.data.prompt) and task.data.mode == "deduction"
        )
        given = []
        for text in answers_to(task.data.prompt):
            message = AssistantMessage(content=text)
            trace = vf.Trace(
                task=TraceTask(type="AbsoluteZeroTask", data=task.data),
                agent=AgentInfo(config=vf.AgentConfig()),
                nodes=[MessageNode(message=message, sampled=True)],
            )
            asyncio.run(task.score(trace))
            given.append(trace.rewards["reward"].value)
        self.assertEqual(given, REWARDS)


def is_ours(prompt: str) -> bool:
    """Tells whether a task is one of `proposal`, and not the identity that all begin with."""
    return "return [a, a * " in prompt


def answers_to(prompt: str) -> list[str]:
    """Answers to a task of `proposal`, whose number is read off its prompt."""
    return outputs(int(prompt.rsplit("a * ", 1)[1].split("]")[0]))


if __name__ == "__main__":
    assert os.environ["AZR_SERVE_URL"], "run deno task test:serve"
    unittest.main()
