/** Validation and verification: every verdict has the cause it should have. */

import assert from "node:assert/strict";

import {
  type Judging,
  startExecutor,
  validateProposals,
  verifyAbduction,
  verifyAbductions,
  verifyDeduction,
  verifyInduction,
  verifyInductions,
} from "../../lib/sandbox/mod.ts";
import { PAPER_JUDGING } from "../../lib/sandbox/judging.ts";
import { validateProposal } from "./validate_proposal.ts";

const javascript = (source: string) => ({
  language: "javascript" as const,
  source,
});

Deno.test("a valid proposal brings its output; an invalid one its cause", async () => {
  await using executor = await startExecutor({ limits: { fuel: 5_000_000 } });
  const valid = await validateProposal(
    executor,
    javascript("function f(a,b){return {sum:a+b,list:[b,a]}}"),
    "1, 2",
  );
  assert.ok(valid.valid);
  assert.equal(valid.output, '{"sum":3,"list":[2,1]}');
  assert.equal(valid.canonical, '{"list":[2,1],"sum":3}');
  assert.ok(valid.fuel > 0);
  const causes: [source: string, argument: string, cause: string][] = [
    ["function f(x){", "1", "syntax"],
    ["x=>x.y.z", "1", "thrown"],
    ["1+1", "1", "thrown"],
    ["x=>{for(;;);}", "1", "fuel"],
    ["x=>new Uint8Array(2**30).length", "1", "memory"],
    ["x=>y=>x", "1", "refused"],
    ["x=>x", "x", "badArgument"],
    ["x=>new Date()", "1", "policy"],
  ];
  const verdicts = await validateProposals(
    executor,
    causes.map(([source, argument]) => ({
      program: javascript(source),
      argument,
    })),
  );
  causes.forEach(([source, , cause], i) => {
    const verdict = verdicts[i];
    assert.ok(!verdict.valid, source);
    assert.equal(verdict.cause, cause, source);
    assert.ok(verdict.reason.length > 0, source);
  });
});

Deno.test("deduction compares values, and runs nothing", () => {
  const cases: [gold: string, answer: string, cause: string][] = [
    ["[1,2]", " [ 1 , 2 ] ", "match"],
    ['{"a":1,"b":2}', "{b: 2, a: 1}", "match"],
    ['"ab"', "'ab'", "match"],
    ["1", "1.0", "match"],
    ["1", "2", "different"],
    ["0", "-0", "match"],
    ["0", "0n", "different"],
    ["[1,2]", "1,2", "unparsable"],
    ["3", "1+2", "unparsable"],
    ["3", "", "unparsable"],
  ];
  for (const [gold, answer, cause] of cases) {
    const verdict = verifyDeduction(gold, answer, "javascript");
    assert.equal(verdict.cause, cause, answer);
    assert.equal(verdict.correct, cause === "match", answer);
  }
  const typed: Judging = { ...PAPER_JUDGING, equality: "typed" };
  assert.equal(
    verifyDeduction("0", "-0", "javascript", typed).cause,
    "different",
  );
  assert.equal(verifyDeduction("[1, 2]", "[1,2]", "python").correct, true);
  assert.throws(
    () => verifyDeduction("oops()", "1", "javascript"),
    /gold output/,
  );
});

Deno.test("abduction accepts any input that gives the output", async () => {
  await using executor = await startExecutor({ limits: { fuel: 5_000_000 } });
  const square = javascript(
    "x=>{if(x>99)for(;;);if(x===7)throw Error('no');return x*x}",
  );
  const cases: [answer: string, cause: string][] = [
    ["3", "match"],
    ["-3", "match"],
    ["4", "different"],
    ["x", "unparsable"],
    ["7", "thrown"],
    ["100", "fuel"],
  ];
  for (const [answer, cause] of cases) {
    const verdict = await verifyAbduction(executor, square, "9", answer);
    assert.equal(verdict.cause, cause, answer);
  }
  const batch = await verifyAbductions(
    executor,
    cases.map(([answer]) => ({ program: square, gold: "9", answer })),
  );
  assert.deepEqual(
    batch.map(({ cause }) => cause),
    cases.map(([, cause]) => cause),
  );
});

Deno.test("induction needs every hidden example", async () => {
  await using executor = await startExecutor({ limits: { fuel: 5_000_000 } });
  const hidden = [
    { argument: "1", output: "2" },
    { argument: "2", output: "4" },
    { argument: "[3]", output: "NaN" },
  ];
  const verify = (source: string) =>
    verifyInduction(executor, javascript(source), hidden);
  assert.deepEqual(await verify("x=>x*2"), {
    correct: false,
    cause: "different",
    detail: "6",
    matched: 2,
    total: 3,
  });
  assert.equal((await verify("x=>typeof x==='number'?x*2:NaN")).correct, true);
  assert.equal((await verify("x=>")).cause, "syntax");
  assert.equal(
    (await verify("let n=0;x=>n++?x:2*x")).matched,
    2,
    "no state between examples",
  );
  const batch = await verifyInductions(executor, [
    { program: javascript("x=>x*2"), hidden: hidden.slice(0, 2) },
    { program: javascript("x=>x"), hidden },
  ]);
  assert.deepEqual(batch.map(({ correct, matched }) => [correct, matched]), [[
    true,
    2,
  ], [false, 0]]);
  await assert.rejects(
    verifyInduction(executor, javascript("x=>x"), []),
    /at least one hidden example/,
  );
});

Deno.test("an executor says what it does not run, and who decides its verdicts", async () => {
  await using executor = await startExecutor({ languages: ["javascript"] });
  const python = { language: "python" as const, source: "lambda x: x" };
  await assert.rejects(
    executor.run({ program: python, argument: "1" }),
    /does not run python/,
  );
  assert.match(executor.identity.engines.quickjs.sha256, /^[0-9a-f]{64}$/);
  assert.equal(executor.identity.limits.fuel, 200_000_000);
  await assert.rejects(startExecutor({ limits: { fuel: -1 } }), /limits\.fuel/);
});
