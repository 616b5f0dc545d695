import assert from "node:assert/strict";
import { Buffers } from "../../../lib/method/buffer/buffers.ts";
import { sampleTasks } from "../../../lib/method/buffer/sampler.ts";
import { TaskBuffer } from "../../../lib/method/buffer/task_buffer.ts";
import type { ModeName, Task } from "../../../lib/method/modes/task.ts";
import { type RandomStream, randomStream } from "../../../lib/random.ts";

function task(
  source: string,
  argument: string,
  step = 1,
  mode: ModeName = "deduction",
): Task {
  return {
    id: `${source}/${argument}/${step}`,
    mode,
    program: { language: "javascript", source },
    examples: [{ argument, output: "0" }],
    shownCount: 1,
    message: "",
    provenance: {
      source: "proposed",
      parents: [],
      step,
      seed: 1,
      verdict: "valid",
      solveRate: 0.5,
    },
  };
}

function randomTasks(stream: RandomStream, count: number): Task[] {
  return Array.from(
    { length: count },
    (_, i) => task(`p${stream.integer(0, 6)}`, `${stream.integer(0, 4)}`, i),
  );
}

Deno.test("judging counts earlier candidates of the same list, and changes nothing", () => {
  const buffer = new TaskBuffer({ capacity: 9, inputsPerProgram: 2 }, [
    task("p", "1"),
  ]);
  const candidates = [
    task("p", "1"),
    task("p", "2"),
    task("p", "2"),
    task("p", "3"),
    task("q", "3"),
  ];
  const expected = ["duplicate", "new", "duplicate", "programFull", "new"];
  assert.deepEqual(buffer.judge(candidates), expected);
  assert.deepEqual(buffer.judge(candidates), expected);
  assert.equal(buffer.size, 1);
});

Deno.test("no limit of inputs per program when it is zero", () => {
  const buffer = new TaskBuffer({ capacity: 9, inputsPerProgram: 0 });
  const candidates = ["1", "2", "3", "4", "5", "6"].map((a) => task("p", a));
  assert.ok(buffer.judge(candidates).every((verdict) => verdict === "new"));
});

Deno.test("bounded, newest kept in order, and a forgotten task is new again", () => {
  for (let trial = 0; trial < 200; trial++) {
    const stream = randomStream(3, "bounded", trial);
    const limits = {
      capacity: stream.integer(1, 12),
      inputsPerProgram: stream.integer(0, 3),
    };
    const buffer = new TaskBuffer(limits);
    const accepted: Task[] = [];
    for (let round = 0; round < 8; round++) {
      const offered = randomTasks(stream, stream.integer(0, 9));
      const verdicts = buffer.judge(offered);
      const fresh = offered.filter((_, i) => verdicts[i] === "new");
      buffer.add(fresh);
      accepted.push(...fresh);
      assert.deepEqual(buffer.tasks, accepted.slice(-limits.capacity));
    }
    // A buffer rebuilt from its tasks alone judges everything the same way.
    const rebuilt = new TaskBuffer(limits, buffer.tasks);
    const probes = randomTasks(stream, 30);
    assert.deepEqual(rebuilt.judge(probes), buffer.judge(probes));
  }
});

Deno.test("of two equal tasks the older may be forgotten, and the other is still known", () => {
  const buffer = new TaskBuffer({ capacity: 2, inputsPerProgram: 0 });
  buffer.add([task("p", "1", 1), task("p", "1", 2)]);
  buffer.add([task("q", "1", 3)]);
  assert.deepEqual(buffer.judge([task("p", "1", 4)]), ["duplicate"]);
  buffer.add([task("q", "2", 4)]);
  assert.deepEqual(buffer.judge([task("p", "1", 5)]), ["new"]);
});

Deno.test("a full buffer of the official size takes a step's tasks at once", () => {
  const capacity = 16384;
  const many = (count: number, step: number) =>
    Array.from({ length: count }, (_, i) => task(`p${i}`, `${i}`, step));
  const buffer = new TaskBuffer(
    { capacity, inputsPerProgram: 4 },
    many(capacity, 1),
  );
  const start = performance.now();
  for (const fresh of many(192, 2)) buffer.add([fresh]);
  // A few milliseconds; three seconds if all that is held were counted anew.
  assert.ok(performance.now() - start < 1000);
  assert.equal(buffer.size, capacity);
});

Deno.test("saving and restoring is exact through JSON text", () => {
  const limits = { capacity: 5, inputsPerProgram: 4 };
  const buffers = Buffers.fromIdentity(limits, "javascript", 1);
  buffers.of("abduction").add(randomTasks(randomStream(1, "x"), 9));
  const text = JSON.stringify(buffers);
  const restored = Buffers.fromJSON(JSON.parse(text));
  assert.equal(JSON.stringify(restored), text);
  assert.equal(restored.of("abduction").size, 5);
  const draw = (source: Buffers) =>
    source.drawReferences("induction", 1, randomStream(2, "draw"))[0].id;
  assert.equal(draw(restored), draw(buffers));
});

Deno.test("a restored task has all of its provenance, and newest stay newest", () => {
  const limits = { capacity: 3, inputsPerProgram: 0 };
  const proposed: Task = {
    ...task("p", "1", 7),
    provenance: {
      source: "proposed",
      parents: ["seed1-deduction-3", "4-deduction-0"],
      composedOf: ["2-deduction-1"],
      step: 7,
      seed: 42,
      verdict: "valid",
      solveRate: 0.375,
    },
  };
  const buffers = Buffers.fromIdentity(limits, "javascript", 42);
  buffers.of("deduction").add([
    task("old", "1"),
    task("older", "2"),
    proposed,
    task("q", "1", 8),
  ]);
  const restored = Buffers.fromJSON(JSON.parse(JSON.stringify(buffers)));
  assert.deepEqual(restored.of("deduction").tasks.at(-2), proposed);
  assert.deepEqual(
    restored.of("deduction").tasks.map(({ program }) => program.source),
    ["older", "p", "q"],
  );
  restored.of("deduction").add([task("r", "1", 9)]);
  assert.deepEqual(
    restored.of("deduction").tasks.map(({ program }) => program.source),
    ["p", "q", "r"],
  );
  assert.deepEqual(restored.of("deduction").judge([proposed]), ["duplicate"]);
});

Deno.test("a mode that is not played has no buffer, and asking for it is an error", () => {
  const limits = { capacity: 3, inputsPerProgram: 0 };
  const alone = Buffers.fromIdentity(limits, "javascript", 1, ["deduction"]);
  assert.deepEqual(alone.sizes(), { deduction: 1 });
  assert.throws(
    () => alone.of("error"),
    /no buffer for "error", only for deduction/,
  );
  const restored = Buffers.fromJSON(JSON.parse(JSON.stringify(alone)));
  assert.deepEqual(restored.modes, ["deduction"]);
  const induction = Buffers.fromIdentity(limits, "python", 1, ["induction"]);
  assert.deepEqual(induction.sizes(), {
    deduction: 1,
    abduction: 1,
    induction: 0,
  });
});

Deno.test("Python's identity triplet is the paper's, but short where the dialect is compact", () => {
  const program = (dialect?: "chat" | "compact") => {
    const buffers = Buffers.fromIdentity(
      { capacity: 99, inputsPerProgram: 0 },
      "python",
      1,
      ["deduction"],
      dialect,
    );
    const [{ program, examples }] = buffers.of("deduction").tasks;
    return `${program.source} on ${examples[0].argument}`;
  };
  assert.equal(program(), "def f(a):\n    return a on 'Hello world'");
  assert.equal(program("chat"), program());
  assert.equal(program("compact"), 'lambda x:x on "abc"');
});

Deno.test("references: own buffer, distinct, at most K; induction draws one program of the others", () => {
  const buffers = Buffers.fromIdentity(
    { capacity: 99, inputsPerProgram: 0 },
    "javascript",
    1,
  );
  buffers.of("deduction").add([task("d", "1"), task("d", "2")]);
  buffers.of("induction").add([task("i", "1", 1, "induction")]);
  for (let trial = 0; trial < 50; trial++) {
    const stream = randomStream(1, "references", trial);
    const references = buffers.drawReferences("deduction", 2, stream);
    assert.equal(new Set(references.map(({ id }) => id)).size, 2);
    assert.equal(buffers.drawReferences("deduction", 9, stream).length, 3);
    assert.equal(buffers.drawReferences("deduction", 0, stream).length, 0);
    const [program] = buffers.drawReferences("induction", 6, stream);
    assert.notEqual(program.program.source, "i");
  }
});

Deno.test("uniform draws every task alike, more fresh ones than wanted are drawn without repetition", () => {
  const fresh = [0, 1, 2].map((i) => task("new", `${i}`, 5));
  const past = [0, 1, 2, 3, 4].map((i) => task("old", `${i}`, i));
  const counts = new Map<string, number>();
  for (let trial = 0; trial < 2000; trial++) {
    const stream = randomStream(4, "uniform", trial);
    const drawn = sampleTasks("uniform", { fresh, past }, 4, stream);
    assert.equal(new Set(drawn).size, 4);
    for (const { id } of drawn) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const name of ["paper", "official"] as const) {
      const few = sampleTasks(name, { fresh, past }, 2, stream);
      assert.equal(new Set(few).size, 2);
      assert.ok(few.every((chosen) => fresh.includes(chosen)));
    }
  }
  assert.equal(counts.size, 8);
  for (const count of counts.values()) {
    assert.ok(Math.abs(count / 2000 - 0.5) < 0.05, `${count}`);
  }
});

Deno.test("samplers: fresh first, the rest by rule", () => {
  const fresh = [task("new", "1", 5), task("new", "2", 5)];
  const past = [0, 1, 2, 3].map((i) => task("old", `${i}`, i));
  const ids = (tasks: Task[]) => tasks.map(({ id }) => id);
  let repeated = 0;
  let newest = 0;
  for (let trial = 0; trial < 400; trial++) {
    const stream = randomStream(9, "sampler", trial);
    const paper = sampleTasks("paper", { fresh, past }, 4, stream);
    assert.deepEqual(paper.slice(0, 2), fresh);
    assert.equal(new Set(ids(paper)).size, 4);
    const official = sampleTasks("official", { fresh, past }, 4, stream);
    assert.deepEqual(official.slice(0, 2), fresh);
    if (new Set(ids(official)).size < 4) repeated++;
    assert.equal(sampleTasks("uniform", { fresh, past }, 4, stream).length, 4);
    const recent = sampleTasks("recent", { fresh, past }, 10, stream);
    newest += recent.filter(({ provenance }) => provenance.step === 5).length;
    assert.equal(sampleTasks("paper", { fresh, past }, 1, stream).length, 1);
    assert.equal(sampleTasks("paper", { fresh, past }, 99, stream).length, 6);
  }
  // Two draws of six, two of them fresh: some repetition with probability 3/5.
  assert.ok(Math.abs(repeated / 400 - 0.6) < 0.1, `${repeated}`);
  // Weights 6 + 6 against 1 + 2 + 3 + 4.
  assert.ok(Math.abs(newest / 4000 - 12 / 22) < 0.03, `${newest}`);
  const empty = { fresh: [], past: [] };
  assert.deepEqual(sampleTasks("recent", empty, 3, randomStream(1, "e")), []);
});
