import assert from "node:assert/strict";
import { randomStream } from "../../../lib/random.ts";
import { parseAnswer } from "../../../lib/method/modes/compact.ts";
import { buildSplits } from "../../../lib/lab/world/splits.ts";
import { CORPUS_RANGE } from "../../../lib/lab/world/value.ts";
import {
  type Document,
  DocumentWriter,
} from "../../../lib/lab/world/documents.ts";
import { HeldOut } from "../../../lib/lab/world/held_out.ts";
import { runProgram } from "../../../lib/lab/world/program.ts";
import {
  operationNamed,
  traceLabel,
} from "../../../lib/lab/world/operations.ts";
import { TEST_WORLD } from "./world_config.ts";

const SPLITS = buildSplits(TEST_WORLD);

function documents(count: number, seed = 1): Document[] {
  const random = randomStream(seed, "documents");
  const writer = new DocumentWriter(TEST_WORLD, SPLITS.heldOut, random);
  return Array.from({ length: count }, () => writer.next());
}

const DEPTH_MARKS = /[+\-*%]\d|\.\w+(?=[("])|\.length|s\+=|s\+\+/g;

Deno.test("the same seed gives the same documents, another gives others", () => {
  assert.deepEqual(documents(200), documents(200));
  assert.notDeepEqual(documents(200), documents(200, 2));
});

Deno.test("no document holds an evaluation item", () => {
  let checked = 0;
  for (const { kind, prompt, response } of documents(20_000)) {
    if (kind === "deduction" || kind === "abduction") {
      const [program, given] = prompt.slice(4).split(/<[io]>/);
      const answer = response.split("<a>")[1].replace("<eos>", "");
      const [argument, output] = kind === "deduction"
        ? [given, answer]
        : [answer, given];
      assert.ok(!SPLITS.heldOut.has(program, { argument, output }));
      checked++;
    }
    if (kind === "maths") {
      const question = prompt.slice(3, -3);
      assert.ok(!SPLITS.heldOut.hasQuestion(question));
      checked++;
    }
    for (const reference of prompt.split("<r>").slice(1)) {
      const [program, argument, output] = reference.split(/<[iof]>/);
      assert.ok(!SPLITS.heldOut.has(program, { argument, output }));
      checked++;
    }
  }
  assert.ok(checked > 10_000);
});

Deno.test("without the guard the corpus would hold evaluation items", () => {
  const random = randomStream(1, "documents");
  const writer = new DocumentWriter(TEST_WORLD, new HeldOut(), random);
  let hits = 0;
  for (let i = 0; i < 20_000; i++) {
    const { kind, prompt } = writer.next();
    if (kind !== "deduction") continue;
    const [program, argument] = prompt.slice(4).split(/<[io]>/);
    if (SPLITS.heldOut.has(program, { argument })) hits++;
  }
  assert.ok(hits > 5, `${hits} hits`);
});

Deno.test("every solver response is well formed and 30 % are traced at every depth", () => {
  const traced = new Map<string, [traced: number, all: number]>();
  for (const { kind, prompt, response } of documents(40_000)) {
    if (kind !== "deduction" && kind !== "abduction") continue;
    const parsed = parseAnswer(response);
    assert.ok(parsed.ok, response);
    const depth = (prompt.match(DEPTH_MARKS) ?? []).length > 3;
    const key = `${kind} ${depth ? "deep" : "shallow"}`;
    const count = traced.get(key) ?? [0, 0];
    count[0] += parsed.trace === null ? 0 : 1;
    count[1] += 1;
    traced.set(key, count);
  }
  assert.equal(traced.size, 4);
  for (const [key, [some, all]] of traced) {
    assert.ok(Math.abs(some / all - .3) < .03, `${key}: ${some} of ${all}`);
  }
});

Deno.test("a deduction trace ends in its answer, an abduction trace too", () => {
  for (const { kind, response } of documents(5000)) {
    if (kind !== "deduction" && kind !== "abduction") continue;
    const parsed = parseAnswer(response);
    assert.ok(parsed.ok);
    if (parsed.trace !== null) {
      assert.ok(parsed.trace.endsWith(parsed.answer), response);
    }
  }
});

Deno.test("worked traces", () => {
  const run = runProgram(
    {
      input: "list",
      operations: ["map v*2", "sum", "+2"].map(operationNamed),
    },
    [1, 4],
    CORPUS_RANGE,
  );
  assert.ok(run);
  assert.equal(run.output, 12);
  assert.deepEqual(run.trace.map((step) => step.steps), [
    [[2, 8]],
    [2, 10],
    [12],
  ]);
  assert.equal(
    traceLabel(operationNamed("map v*2"), "python"),
    "[v*2 for v in ",
  );
});

Deno.test("worlds with sketches name the operations without working them out, in that share", () => {
  const random = randomStream(1, "documents");
  const world = { ...TEST_WORLD, sketchShare: .6 };
  const writer = new DocumentWriter(world, SPLITS.heldOut, random);
  const traced = Array.from({ length: 4000 }, () => writer.next()).filter((
    { kind, response },
  ) => kind === "deduction" && response.startsWith("<t>"));
  assert.ok(traced.length > 150);
  const sketches = traced.filter(({ response }) => {
    const thought = response.slice(3, response.indexOf("<a>"));
    return !/[^=]=[^=>]/.test(thought.replaceAll(/=>|s\+=/g, ""));
  });
  const share = sketches.length / traced.length;
  assert.ok(Math.abs(share - .6) < .12, `share of sketches ${share}`);
});

Deno.test("worlds in haste leave out that share of the steps' values", () => {
  const world = {
    ...TEST_WORLD,
    hastyShare: { abduction: .5 },
    mixture: {
      deduction: 0,
      abduction: 1,
      induction: 0,
      proposeDeduction: 0,
      proposeAbduction: 0,
      proposeInduction: 0,
      maths: 0,
    },
    traceShare: { deduction: 1, abduction: 1, induction: 1, maths: 1 },
    depthWeights: [0, 0, 1],
  };
  const writer = new DocumentWriter(
    world,
    SPLITS.heldOut,
    randomStream(1, "documents"),
  );
  let values = 0;
  for (let i = 0; i < 1000; i++) {
    const { response } = writer.next();
    values += response.replaceAll("s+=", "").split(":").length - 1;
  }
  // Three steps each, of which the last always has a value: 1 + 2 * .5.
  assert.ok(Math.abs(values / 1000 - 2) < .1, `values per trace ${values}`);
});

Deno.test("cut documents hold the first steps of deep programs and no answer", () => {
  const world = {
    ...TEST_WORLD,
    traceForm: "states" as const,
    cutShare: .4,
    cutDepths: [4],
    cutSteps: 2,
    mixture: {
      deduction: .5,
      abduction: .5,
      induction: 0,
      proposeDeduction: 0,
      proposeAbduction: 0,
      proposeInduction: 0,
      maths: 0,
    },
    operations: ["append 0", "append 3", "reverse list"],
    inputWeights: { integer: 0, list: 1, string: 0 },
    depthWeights: [1],
  };
  const writer = new DocumentWriter(
    world,
    SPLITS.heldOut,
    randomStream(1, "documents"),
  );
  const responses = Array.from({ length: 2000 }, () => writer.next().response);
  const cut = responses.filter((text) => !text.endsWith("<eos>"));
  assert.ok(Math.abs(cut.length / responses.length - .4) < .05);
  for (const text of cut) {
    const states = text.slice("<t>".length, -1).split(">");
    assert.ok(!text.includes("<a>") && [2, 3].includes(states.length), text);
    const operations = states.map((state) =>
      state.split(/\.(?=c|r)/).length - 1
    );
    assert.deepEqual(operations, [4, 3, 2].slice(0, states.length));
  }
});
