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
import { PAGE_BYTES } from "../../lib/sandbox/python/python_expected.ts";
import { PAGE_MAP } from "../../lib/sandbox/python/python_pages.ts";
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

/** Stores a byte that nothing notes; a 9 there makes 7 a 9. */
function spoil(address: number, byte = 9): void {
  new Uint8Array(memory!.buffer)[address] = byte;
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
  damage?: [address: number, byte: number],
): Promise<string[]> {
  const python = await engine();
  const [address, byte] = damage ?? [await digitOfSeven()];
  let times = 0;
  const runJob = ([id, , source]: WireJob) => {
    const [outcome] = python.runEach("python", source, ["5"], defaultLimits);
    if (id === place && (isLasting || times++ === 0)) spoil(address, byte);
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

/** Texts and functions of the standard library, with their modules and where they are. */
const OBJECTS = `import copy, sys
def f(x):
    return [[m, n, copy.id(v), v if type(v) is str else '']
        for m in sorted(sys.modules) if m.isidentifier()
        for n, v in vars(sys.modules[m]).items()
        if type(v) is type(f) and v.__module__ == m
        or type(v) is str and v.isascii() and v.isalnum() and 4 < len(v) < 99]`;

interface Found {
  module: string;
  name: string;
  id: number;
  /** Of a text: its characters, and where they are. */
  content: string;
  start: number;
}

const pageOf = (address: number) => Math.floor(address / PAGE_BYTES);

/** Finds objects, each on a page that every restore puts back or on none. */
async function objects(isPutBack: boolean): Promise<Found[]> {
  const found = text(await run(OBJECTS)).replaceAll("'", '"');
  (await engine()).restoresCompletely();
  const map = new Uint8Array(notes!.buffer);
  const bytes = new Uint8Array(memory!.buffer);
  return JSON.parse(found).flatMap(
    ([module, name, id, content]: [string, string, number, string]) => {
      if (!content) {
        const isThere = (map[pageOf(id)] === 1) === isPutBack;
        return isThere ? [{ module, name, id, content, start: id }] : [];
      }
      const start = bytes.indexOf(content.charCodeAt(0), id + 20);
      const there = bytes.subarray(start, start + content.length);
      const isThere = new TextDecoder().decode(there) === content &&
        (map[pageOf(start)] === 1) === isPutBack;
      return isThere ? [{ module, name, id, content, start }] : [];
    },
  );
}

const reading = ({ module, name }: Found) =>
  `import ${module}\ndef f(x):\n    return ${module}.${name}`;
const holding = ({ module, name }: Found) =>
  `import ${module}\nheld = ${module}.${name}\n${VICTIM}`;

Deno.test("damage on a page that most programs write to meets no later program", async () => {
  const found = (await objects(true)).find(({ content }) => content)!;
  new Uint8Array(memory!.buffer)[found.start] = 0x21;
  assert.equal(text(await run(reading(found))), `'${found.content}'`);
  assert.equal((await engine()).audit(), true);
});

/** A text that no program writes to, and a function on the same page that counts who holds it. */
async function coldPage(): Promise<[read: Found, written: Found]> {
  const all = await objects(false);
  for (const read of all.filter(({ content }) => content)) {
    if (pageOf(read.id) !== pageOf(read.start)) continue;
    await run(reading(read));
    if (new Uint8Array(notes!.buffer)[pageOf(read.start)]) continue;
    const written = all.find(({ id, content }) =>
      !content && pageOf(id) === pageOf(read.start)
    );
    if (written) return [read, written];
  }
  throw new Error("no page has both");
}

Deno.test("a page damaged without a note is found when a later program writes to it", async () => {
  const [read, written] = await coldPage();
  const python = await engine();
  const { faults } = python;
  new Uint8Array(memory!.buffer)[read.start] = 0x21;
  assert.notEqual(text(await run(reading(read))), `'${read.content}'`);
  assert.equal(text(await run(holding(written))), "7");
  assert.equal(python.faults, faults + 1);
  assert.equal(python.audit(), false);
  assert.equal(text(await run(reading(read))), `'${read.content}'`);
  assert.equal(python.audit(), true);
});

Deno.test("nothing counts that was judged between a page's damage and its next write", async () => {
  const [read, written] = await coldPage();
  const sources = [
    VICTIM,
    reading(read),
    VICTIM,
    holding(written),
    reading(read),
  ];
  const right = ["7", `'${read.content}'`, "7", "7", `'${read.content}'`];
  for (const place of [0, 1, 2]) {
    assert.deepEqual(
      await judged(sources, place, false, [read.start, 0x21]),
      right,
    );
  }
});
