/** What stays behind in an interpreter is found, and what was judged since is judged again. */

import assert from "node:assert/strict";

import { defaultLimits } from "../../lib/sandbox/limits.ts";
import type { Outcome } from "../../lib/sandbox/mod.ts";
import type { WireJob } from "../../lib/sandbox/processes/frame.ts";
import { Judge } from "../../lib/sandbox/processes/judge.ts";
import {
  type PythonTwice,
  startPython,
} from "../../lib/sandbox/python/python_twice.ts";
import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";
import { MEMORY_ATTACKS } from "./memory_attacks.ts";

/** The memory of the newest instance: what a store that nothing notes would write to. */
let memory: WebAssembly.Memory | undefined;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, list: [WebAssembly.Module, WebAssembly.Imports]) {
    const instance = new target(...list);
    if (instance.exports.memory) {
      memory = instance.exports.memory as WebAssembly.Memory;
    }
    return instance;
  },
});

const VICTIM = "def f(x):\n    return x + 2";
/** Ends in a trap, for which an audit does not wait. */
const TRAP = "import os\ndef f(x):\n    os.abort()";
/** Ends in a trap that no sound interpreter meets. */
const FAULT =
  MEMORY_ATTACKS.find(([name]) => name.startsWith("the first byte"))![1];

let started: Promise<PythonTwice> | undefined;
function engine(): Promise<PythonTwice> {
  return started ??= pythonRecipe().then(({ payload }) =>
    startPython(payload, defaultLimits)
  );
}

async function run(source: string): Promise<Outcome> {
  const python = await engine();
  return [...python.runEach("python", source, ["5"], defaultLimits)][0];
}

/** Where the integer 7 keeps its digit. */
async function digitOfSeven(): Promise<number> {
  const seven = await run("import copy\ndef f(x):\n    return copy.id(7)");
  assert.equal(seven.kind, "value");
  return Number(seven.kind === "value" && seven.literal) + 12;
}

/** Makes 7 a 9 by a store that nothing notes. */
function spoil(address: number): void {
  new Uint8Array(memory!.buffer)[address] = 9;
}

function text(outcome?: Outcome): string {
  return outcome?.kind === "value" ? outcome.literal : `${outcome?.kind}`;
}

/**
 * Judges sources in order; after a run of the one at `place`, the first time or
 * every time, the interpreter is spoilt. What counts in the end, for each source.
 */
async function judged(
  sources: readonly string[],
  place: number,
  isLasting: boolean,
): Promise<string[]> {
  const python = await engine();
  const address = await digitOfSeven();
  let times = 0;
  const runJob = ([id, , source]: WireJob) => {
    const [outcome] = python.runEach("python", source, ["5"], defaultLimits);
    if (id === place && (isLasting || times++ === 0)) spoil(address);
    return outcome;
  };
  const [sent, counted] = [
    new Map<number, Outcome>(),
    new Map<number, Outcome>(),
  ];
  const judge = new Judge(
    python,
    runJob,
    ({ outcomes = [], unproven, stands }) => {
      const into = unproven || stands ? sent : counted;
      for (const [id, outcome] of outcomes) into.set(id, outcome);
      if (stands) sent.forEach((outcome, id) => counted.set(id, outcome));
      if (stands) sent.clear();
    },
  );
  sources.forEach((source, id) => {
    const job: WireJob = [id, "python", source, "5"];
    judge.add(job, runJob(job));
  });
  judge.prove();
  return sources.map((_, id) => text(counted.get(id)));
}

Deno.test("an audit sees one changed byte, and the next program is judged rightly", async () => {
  const python = await engine();
  spoil(await digitOfSeven());
  assert.equal(text(await run(VICTIM)), "9");
  assert.equal(python.audit(), false);
  assert.equal(text(await run(VICTIM)), "7");
  assert.equal(python.audit(), true);
});

Deno.test("outcomes stand when nothing has stayed behind", async () => {
  const kinds = await judged([VICTIM, TRAP, VICTIM], -1, false);
  assert.deepEqual(kinds, ["7", "refused", "7"]);
});

Deno.test("one write that nothing noted: all since the last good audit is judged again", async () => {
  const before = (await engine()).faults;
  const kinds = await judged([VICTIM, VICTIM, VICTIM], 0, false);
  assert.deepEqual(kinds, ["7", "7", "7"]);
  assert.equal((await engine()).faults, before + 1);
});

Deno.test("a trap brings the audit forward, and a fault hides nothing", async () => {
  for (const [last, end] of [[TRAP, "refused"], [FAULT, "infrastructure"]]) {
    const kinds = await judged([VICTIM, VICTIM, last, VICTIM], 0, false);
    assert.deepEqual(kinds, ["7", "7", end, "7"]);
  }
});

Deno.test("a program after which the audit fails alone too gets no verdict", async () => {
  const kinds = await judged([VICTIM, VICTIM, VICTIM], 1, true);
  assert.deepEqual(kinds, ["7", "infrastructure", "7"]);
});
