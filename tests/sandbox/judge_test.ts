/** What stays behind in an interpreter is found, and what was judged since is judged again. */

import assert from "node:assert/strict";

import { defaultLimits } from "../../lib/sandbox/limits.ts";
import type { Outcome } from "../../lib/sandbox/mod.ts";
import type { Reply, WireJob } from "../../lib/sandbox/processes/frame.ts";
import { Judge } from "../../lib/sandbox/processes/judge.ts";
import { type Child, Pool } from "../../lib/sandbox/processes/pool.ts";
import {
  type PythonTwice,
  startPython,
} from "../../lib/sandbox/python/python_twice.ts";
import { PAGE_BYTES, PAGE_MAP } from "../../lib/sandbox/python/python_pages.ts";
import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";
import { MEMORY_ATTACKS } from "./memory_attacks.ts";

/** Of the newest instance: what a store that nothing notes would write to, and the notes. */
let memory: WebAssembly.Memory | undefined;
let notes: WebAssembly.Memory | undefined;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, list: [WebAssembly.Module, WebAssembly.Imports]) {
    const instance = new target(...list);
    if (instance.exports.memory) {
      memory = instance.exports.memory as WebAssembly.Memory;
      notes = instance.exports[PAGE_MAP] as WebAssembly.Memory;
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

/** A child in this process: the judge's replies to the real pool, without a pipe. */
class ChildHere implements Child {
  readonly pid = 0;
  readonly #replies: Reply[] = [];

  constructor(
    readonly python: PythonTwice,
    readonly runJob: (job: WireJob) => Outcome,
  ) {}

  send(jobs: readonly WireJob[], isUrgent: boolean): void {
    const keep = (part: Omit<Reply, "nonce">) =>
      this.#replies.push({ nonce: "", ...part });
    const judge = new Judge(this.python, this.runJob, keep, isUrgent);
    for (const job of jobs) judge.add(job, this.runJob(job));
    judge.prove();
  }

  reply(): Promise<Reply | "died"> {
    return Promise.resolve(this.#replies.shift() ?? "died");
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Judges sources in order, in one frame whose outcomes leave one by one; after a run
 * of the one at `place`, the first time or every time, the interpreter is spoilt.
 * What counts in the end, for each source.
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
  const child = new ChildHere(python, runJob);
  const options = { workers: 1, limits: defaultLimits, batchSize: 64 };
  const pool = new Pool(() => Promise.resolve(child), options);
  const outcomes = await pool.runMany(sources.map((source) => ({
    program: { language: "python", source },
    argument: "5",
  })));
  await pool.close();
  assert.equal(pool.restarts, 0);
  return outcomes.map(text);
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

/** Texts of the standard library, with their modules and where the objects are. */
const TEXTS = `import copy, sys
def f(x):
    return [[m, n, copy.id(v), v] for m in sorted(sys.modules) if m.isidentifier()
        for n, v in vars(sys.modules[m]).items()
        if type(v) is str and v.isascii() and v.isalnum() and 4 < len(v) < 99]`;

/** Finds a text on a page that every restore puts back. */
async function textThatIsPutBack() {
  const found = text(await run(TEXTS)).replaceAll("'", '"');
  (await engine()).restoresCompletely();
  const map = new Uint8Array(notes!.buffer);
  const bytes = new Uint8Array(memory!.buffer);
  for (const [module, name, id, content] of JSON.parse(found)) {
    const start = bytes.indexOf(content.charCodeAt(0), id + 20);
    const there = bytes.subarray(start, start + content.length);
    const isThere = new TextDecoder().decode(there) === content;
    const page = Math.floor(start / PAGE_BYTES);
    if (isThere && map[page]) return { module, name, start, content };
  }
  throw new Error("no text lies on such a page");
}

Deno.test("damage on a page that most programs write to meets no later program", async () => {
  const { module, name, start, content } = await textThatIsPutBack();
  const reader = `import ${module}\ndef f(x):\n    return ${module}.${name}`;
  new Uint8Array(memory!.buffer)[start] = 0x21;
  assert.equal(text(await run(reader)), `'${content}'`);
  assert.equal((await engine()).audit(), true);
});
