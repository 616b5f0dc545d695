"""A client of the environment's server, of the standard library alone."""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from itertools import islice

# The server takes so many rows in one request.
MOST_ROWS = 256
# A request without an answer goes again for so many seconds; the first one, whose
# address may be wrong, for fewer.
PATIENCE_SECONDS = 300.0
FIRST_PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.5
# A server has fewer modes: after so many draws in vain none of them has a prompt.
MOST_MODES = 8
NO_PROMPTS = (
    "the server has no prompts of this role: solvers need tasks, so propose first; "
    "proposers' prompts have to fit into maxPromptTokens, counted in bytes unless "
    "`deno task serve` is given --tokenizer"
)


class EnvironmentRefused(Exception):
    """The server refused a request; its words name the field and the cure."""


class Environment:
    """Speaks to a server of `deno task serve`.

    `token` is the server's token, or the path of its token file. Without `url` and
    `token` the variables AZR_SERVE_URL and AZR_SERVE_TOKEN are read. Threads and
    processes may share one.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ):
        self.url = (url or os.environ["AZR_SERVE_URL"]).rstrip("/")
        given = token or os.environ["AZR_SERVE_TOKEN"]
        if os.path.exists(given):
            with open(given, encoding="utf-8") as file:
                given = file.read().strip()
        self._token = given
        self._patience = patience_seconds
        self._was_there = False

    def prompts(self, role: str, count: int = 1, mode: str | None = None) -> list[dict]:
        """Draws prompts from the live buffers: rows with id, role, mode, prompt and stop."""
        body = {"role": role, "count": count, "mode": mode}
        return self.call("/prompts", body)["prompts"]

    def stream(self, role: str) -> Iterator[dict]:
        """Yields prompts without end, of each mode in turn, drawn when they are asked for.

        Throws `RuntimeError` where no mode has one.
        """
        in_vain = 0
        while in_vain < MOST_MODES:
            rows = self.prompts(role)
            in_vain = 0 if rows else in_vain + 1
            yield from rows
        raise RuntimeError(NO_PROMPTS)

    def propose(
        self, prompt_ids: Sequence[str], responses: Sequence[str]
    ) -> list[dict]:
        """Has proposals judged. Each verdict has an `id` besides, to ask for its reward later."""
        rows = [
            {"id": uuid.uuid4().hex, "prompt": prompt, "response": response}
            for prompt, response in zip(prompt_ids, responses, strict=True)
        ]
        verdicts = self._judged("/proposals", "proposals", "verdicts", rows)
        return [verdict | {"id": row["id"]} for row, verdict in zip(rows, verdicts)]

    def answer(self, task_ids: Sequence[str], responses: Sequence[str]) -> list[dict]:
        """Has answers graded: rows with grade, cause, solves and reward."""
        rows = [
            {"id": uuid.uuid4().hex, "task": task, "response": response}
            for task, response in zip(task_ids, responses, strict=True)
        ]
        return self._judged("/answers", "answers", "rewards", rows)

    def verdicts(self, ids: Sequence[str]) -> list[dict]:
        """Returns the verdicts on proposals with what they earn by now."""
        return [
            verdict
            for some in _parts(ids)
            for verdict in self.call("/verdicts", {"ids": some})["verdicts"]
        ]

    def call(self, path: str, body: dict) -> dict:
        """Posts JSON, and again while the server is away or busy. Ids make that harmless."""
        begun = time.monotonic()
        while True:
            try:
                answer = self._post(path, body)
                self._was_there = True
                return answer
            except (OSError, HTTPException, json.JSONDecodeError) as error:
                first = min(self._patience, FIRST_PATIENCE_SECONDS)
                patience = self._patience if self._was_there else first
                if time.monotonic() - begun > patience:
                    raise TimeoutError(
                        f"{self.url}{path} gave no answer for {patience:g} s "
                        f"({error}): is `deno task serve` running?"
                    ) from error
                time.sleep(_pause_after(error))

    def _judged(self, path: str, sent: str, got: str, rows: list[dict]) -> list[dict]:
        return [
            verdict
            for some in _parts(rows)
            for verdict in self.call(path, {sent: some})[got]
        ]

    def _post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self._patience) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 408 or error.code >= 500:
                raise
            words = json.loads(error.read() or b"{}").get("error", error.reason)
            raise EnvironmentRefused(f"{path}: {words}") from error


def _pause_after(error: Exception) -> float:
    """Returns the seconds that a busy server asks for, or half a second."""
    headers = getattr(error, "headers", None) or {}
    asked = headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else PAUSE_SECONDS


def _parts(rows: Sequence) -> Iterator[list]:
    rest = iter(rows)
    while some := list(islice(rest, MOST_ROWS)):
        yield some
