/** The load test's own checks: they see what they are there to see. */

import assert from "node:assert/strict";
import { nothingSeen } from "../../tasks/serve/honest_client.ts";
import {
  type Faults,
  faultsOf,
  journalVerdicts,
} from "../../tasks/serve/journal_check.ts";
import { ATTEMPTS, workItem } from "../../tasks/serve/workload.ts";
import { CONFIG, journalOf, post, withServer } from "./served.ts";

const NONE: Faults = { lost: 0, twice: 0, different: 0, solveRates: 0 };

Deno.test("the workload's verdicts are what it says, and the journal holds each once", () =>
  withServer(
    async (served, folder) => {
      const seen = nothingSeen();
      for (const n of [4, 5, 6]) {
        const { mode, proposal, answers } = workItem("javascript", n);
        const proposals = [{ id: `${n}`, mode, response: proposal }];
        const { json } = await post(served, "/proposals", { proposals });
        const [{ status, task }] = json.verdicts;
        seen.acknowledged.set(`${n}`, { is: status, expected: "valid" });
        const sent = answers.map(({ response }, i) => ({
          ...{ id: `${n} ${i}`, task: task.id, response },
        }));
        const graded = await post(served, "/answers", { answers: sent });
        answers.forEach(({ grade: expected }, i) => {
          const { grade: is } = graded.json.rewards[i];
          seen.acknowledged.set(`${n} ${i}`, { is, expected });
        });
        const right = answers.filter(({ grade }) => grade === "right").length;
        seen.solveRates.set(`${n}`, right / ATTEMPTS);
      }
      const kept = await journalVerdicts(journalOf(folder));
      const told = await toldRates(served, [...seen.solveRates.keys()]);
      assert.equal(kept.size, 3 * (1 + ATTEMPTS));
      assert.deepEqual(faultsOf(seen, kept, told), NONE);
    },
    {},
    { ...CONFIG, rolloutsPerTask: ATTEMPTS },
  ));

async function toldRates(served: { url: string }, ids: string[]) {
  const { json } = await post(served, "/verdicts", { ids });
  return new Map<string, number | null>(
    ids.map((id, i) => [id, json.verdicts[i].solveRate]),
  );
}

Deno.test("what is lost, kept twice, mixed up or miscounted is a fault", () => {
  const seen = nothingSeen();
  const right = { is: "right", expected: "right" };
  for (const id of ["kept", "gone", "again", "mixed"]) {
    seen.acknowledged.set(id, right);
  }
  seen.acknowledged.set("misjudged", { is: "wrong", expected: "right" });
  seen.solveRates.set("counted", 0.5).set("miscounted", 0.5);
  const kept = new Map([
    ["kept", ["right"]],
    ["again", ["right", "right"]],
    ["mixed", ["wrong"]],
    ["misjudged", ["wrong"]],
    ["never acknowledged", ["right"]],
  ]);
  const told = new Map([["counted", 0.5], ["miscounted", 0.625]]);
  assert.deepEqual(
    faultsOf(seen, kept, told),
    { lost: 1, twice: 1, different: 2, solveRates: 1 },
  );
});

Deno.test("no two items of the workload are the same", () => {
  const proposals = Array.from(
    { length: 50 },
    (_, n) => workItem("python", n).proposal,
  );
  assert.equal(new Set(proposals).size, 50);
});
