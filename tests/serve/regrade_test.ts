/** The second grading of a trainer's rewards: it finds the kit's own, and sees another one. */

import assert from "node:assert/strict";
import { Regrader, type RewardCall } from "../../tasks/serve/regrade.ts";
import { journalEntries } from "../../tasks/serve/journal_check.ts";
import {
  answerText,
  CONFIG,
  inputsText,
  journalOf,
  post,
  proposalText,
  type Served,
  withServer,
} from "./served.ts";

/** Plays a proposal and four attempts at its task; returns what a reward function would log. */
async function played(
  served: Served,
  mode: string,
  response: string,
  answers: string[],
): Promise<RewardCall> {
  const drawn = await post(served, "/prompts", { role: "propose", mode });
  const { id } = drawn.json.prompts[0];
  const proposals = [{ id, prompt: id, response }];
  const { json } = await post(served, "/proposals", { proposals });
  const task: string | undefined = json.verdicts[0].task?.id;
  const attempts = task ? answers.map((response) => ({ task, response })) : [];
  await post(served, "/answers", { answers: attempts });
  const later = await post(served, "/verdicts", { ids: [id] });
  const { reward } = later.json.verdicts[0];
  return { rows: [{ role: "propose", id, response, reward }], attempts };
}

async function answeredOnce(
  served: Served,
  task: string,
  response: string,
): Promise<RewardCall> {
  const answers = [{ task, response }];
  const { json } = await post(served, "/answers", { answers });
  const { reward } = json.rewards[0];
  return {
    rows: [{ role: "solve", id: task, response, reward }],
    attempts: [],
  };
}

Deno.test("rewards of all kinds are found again, and one that was changed is seen", () =>
  withServer(async (served, folder) => {
    const program = proposalText("function f(a) { return a + 1; }", "1");
    const [right, wrong] = [answerText("2"), answerText("3")];
    const inputs = Array.from({ length: 10 }, (_, i) => `${i}`);
    const calls = [
      await played(served, "deduction", program, [right, right, wrong, "x"]),
      await played(served, "deduction", program, []),
      await played(served, "abduction", "no form", []),
      await played(served, "induction", inputsText(inputs), []),
    ];
    const { task } = calls[0].attempts[0];
    calls.push(await answeredOnce(served, task, wrong));
    assert.deepEqual(
      calls.map(({ rows }) => rows[0].reward),
      [0.5, -0.5, -1, null, -0.5],
    );
    const journal = await journalEntries(journalOf(folder));
    const again = () => new Regrader(CONFIG, served.executor, journal);
    const first = again();
    for (const call of calls) {
      assert.deepEqual(await first.otherRewards(call), []);
    }
    calls[0].rows[0].reward = 0.25;
    const [other] = await again().otherRewards(calls[0]);
    assert.equal(other.own, 0.5);
  }));
