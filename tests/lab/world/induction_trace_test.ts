/** The search that a trace of induction writes down. */

import assert from "node:assert/strict";
import { parseAnswer } from "../../../lib/method/modes/compact.ts";
import { randomStream } from "../../../lib/random.ts";
import { buildSplits } from "../../../lib/lab/world/splits.ts";
import { DocumentWriter } from "../../../lib/lab/world/documents.ts";
import {
  type NumberPair,
  searchProgram,
} from "../../../lib/lab/world/induction_trace.ts";
import { operationNamed } from "../../../lib/lab/world/operations.ts";
import type { WorldConfig } from "../../../lib/lab/world/config.ts";
import { TEST_WORLD } from "./world_config.ts";

const operations = ["+1", "+2", "*2"].map(operationNamed);
const pairs = (...values: [number, number][]): NumberPair[] =>
  values.map(([input, output]) => ({ input, output }));

function search(examples: NumberPair[]) {
  const result = searchProgram(examples, operations, "javascript");
  return result &&
    { trace: result.trace, found: result.found.map(({ name }) => name) };
}

Deno.test("one operation is met at the output itself and checked on the others", () => {
  assert.deepEqual(search(pairs([5, 7], [9, 11], [0, 2])), {
    trace: "+1=6+1+2=7+2*2=10*2" + ":7+2" + "<i>9+2=11<i>0+2=2",
    found: ["+2"],
  });
});

Deno.test("a second operation is undone; a refuted program is marked and left", () => {
  // From 2, +2 and *2 both give 4: the list names the first of them only.
  assert.deepEqual(search(pairs([3, 8], [5, 12], [1, 4])), {
    trace: "+1=4+1+2=5+2*2=6*2" + ":8" + "+1:7" +
      "+2:6*2<i>5*2=10+2=12<i>1*2=2+2=4",
    found: ["*2", "+2"],
  });
  assert.deepEqual(search(pairs([2, 6], [5, 12], [4, 10])), {
    trace: "+1=3+1+2=4+2" + ":6" + "+1:5" +
      "+2:4+2<i>5+2=7+2=9!" + "*2:3+1<i>5+1=6*2=12<i>4+1=5*2=10",
    found: ["+1", "*2"],
  });
});

Deno.test("a search that finds nothing gives nothing", () => {
  assert.equal(search(pairs([3, 20], [5, 12], [1, 4])), null);
  assert.equal(search(pairs([3, 4], [5, 12], [1, 4])), null);
});

Deno.test("searched documents: what is found agrees with every shown example", () => {
  const world: WorldConfig = {
    ...TEST_WORLD,
    inductionTrace: "search",
    traceShare: { ...TEST_WORLD.traceShare, induction: .4 },
  };
  const { heldOut } = buildSplits(world);
  const writer = new DocumentWriter(world, heldOut, randomStream(2, "search"));
  let searched = 0;
  let all = 0;
  for (let i = 0; i < 8000; i++) {
    const { kind, prompt, response } = writer.next();
    if (kind !== "induction") continue;
    all++;
    const parsed = parseAnswer(response);
    assert.ok(parsed.ok, response);
    if (parsed.trace === null) continue;
    searched++;
    const shown = [...prompt.matchAll(/<i>(\d+)<o>(\d+)/g)];
    assert.equal(shown.length, 3, prompt);
    const runs = parsed.trace.split(/<i>/).slice(-2);
    for (const [i, run] of runs.entries()) {
      const [, input, output] = shown[i + 1];
      assert.ok(run.startsWith(input), response);
      assert.ok(run.endsWith(`=${output}`), response);
    }
  }
  assert.ok(Math.abs(searched / all - .4) < .04, `${searched} of ${all}`);
});
