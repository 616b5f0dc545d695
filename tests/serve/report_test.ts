/** The committed figures of the server: they meet their bounds, and their page is made of them. */

import assert from "node:assert/strict";
import { SERVE, serveReport } from "../../tasks/report/serve.ts";
import { brokenBounds, type ServeFigures } from "../../tasks/serve/bounds.ts";

const figures = (): ServeFigures =>
  JSON.parse(Deno.readTextFileSync(`${SERVE}.json`));

Deno.test("the page of the server's figures is the one that its figures give", () => {
  assert.equal(Deno.readTextFileSync(`${SERVE}.md`), serveReport("data"));
});

Deno.test("the figures meet their bounds; a lost verdict, a foreign reward and a slow server do not", () => {
  assert.deepEqual(brokenBounds(figures()), []);
  const load = figures().load!;
  load.serverKilled.faults.lost = 1;
  load.rates.python[1].verdictsPerSecond = 40;
  load.besideHostile.verdictsPerSecond = 9;
  const means: [number, number][] = [[-0.5, -0.25]];
  const trl = {
    ...{ packages: [], model: "", steps: 2, answers: 8, proposals: 0 },
    ...{ attempts: 0, valid: 0, otherRewards: 2, meanRewards: means },
    ...{ hardware: "", loadAverage: [] },
  };
  assert.deepEqual(brokenBounds({ load, trl }), [
    "1 verdicts are at fault",
    "8 clients have 40 verdicts a second",
    "beside hostile clients 0.23 of the rate is left",
    "2 rewards are not the kit's own",
    "a mean reward differs by 0.25",
    "1 of 2 steps have a mean reward",
  ]);
});
