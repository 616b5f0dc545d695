/** Worlds that write programs in two languages. */

import assert from "node:assert/strict";
import { Tokenizer } from "../../../lib/model/mod.ts";
import { randomStream } from "../../../lib/random.ts";
import {
  buildSplits,
  type EvaluationItem,
} from "../../../lib/lab/world/splits.ts";
import { splitNamed } from "./split_named.ts";
import { DocumentWriter } from "../../../lib/lab/world/documents.ts";
import {
  type WorldConfig,
  worldLanguages,
} from "../../../lib/lab/world/config.ts";
import {
  worldPieces,
  worldTokenizerConfig,
  worldTokenizerJson,
} from "../../../lib/lab/world/vocabulary.ts";
import { TEST_WORLD } from "./world_config.ts";

const BOTH: WorldConfig = {
  ...TEST_WORLD,
  language: "python",
  languageWeights: { javascript: .25, python: .75 },
};
const SPLITS = buildSplits(BOTH);
const isPython = (program: string) => /^(lambda x:|def )/.test(program);

function documents(world: WorldConfig, count: number) {
  const random = randomStream(4, "languages");
  const writer = new DocumentWriter(world, SPLITS.heldOut, random);
  return Array.from({ length: count }, () => writer.next());
}

Deno.test("a world has its own language first, and others with a weight", () => {
  assert.deepEqual(worldLanguages(TEST_WORLD), ["javascript"]);
  assert.deepEqual(worldLanguages(BOTH), ["python", "javascript"]);
  const only = { javascript: 0, python: 1 };
  assert.deepEqual(worldLanguages({ ...BOTH, languageWeights: only }), [
    "python",
  ]);
});

Deno.test("documents are written in each language by weight", () => {
  let python = 0;
  let all = 0;
  for (const { kind, prompt } of documents(BOTH, 4000)) {
    if (kind !== "deduction") continue;
    all++;
    if (isPython(prompt.slice("<SD>".length))) python++;
  }
  assert.ok(all > 900);
  assert.ok(Math.abs(python / all - .75) < .05, `${python} of ${all}`);
});

Deno.test("a proposal is in the language of its references", () => {
  let checked = 0;
  for (const { kind, prompt, response } of documents(BOTH, 6000)) {
    if (kind !== "proposeDeduction" && kind !== "proposeAbduction") continue;
    for (const reference of prompt.split("<r>").slice(1)) {
      assert.equal(isPython(reference), isPython(response), prompt + response);
      checked++;
    }
  }
  assert.ok(checked > 500);
});

Deno.test("no document in either language holds an evaluation item", () => {
  let checked = 0;
  for (const { kind, prompt, response } of documents(BOTH, 20_000)) {
    if (kind !== "deduction") continue;
    const [program, argument] = prompt.slice("<SD>".length).split(/<[io]>/);
    const output = response.split("<a>")[1].replace("<eos>", "");
    assert.ok(!SPLITS.heldOut.has(program, { argument, output }));
    checked++;
  }
  assert.ok(checked > 4000);
});

Deno.test("the other language has splits of the same programs, held out as well", () => {
  for (const mode of ["deduction", "abduction", "induction"] as const) {
    const own = splitNamed(SPLITS, "familiar", mode).items;
    const other = splitNamed(SPLITS, "familiar, other language", mode).items;
    assert.equal(other.length, own.length);
    const argumentsOf = (item: EvaluationItem) =>
      item.kind === "maths" ? [] : item.task.examples.map((e) => e.argument);
    assert.deepEqual(argumentsOf(other[0]), argumentsOf(own[0]));
    for (const item of other) {
      assert.ok(item.kind !== "maths");
      const { program, examples } = item.task;
      assert.equal(program.language, "javascript");
      assert.ok(!isPython(program.source));
      assert.ok(SPLITS.heldOut.has(program.source, examples[0]));
      assert.ok(item.id.startsWith(`familiar, other language/${mode}/`));
    }
  }
});

Deno.test("the vocabulary holds both languages; a world of one keeps its own", () => {
  const tokenizer = Tokenizer.fromJson(
    worldTokenizerJson(BOTH),
    worldTokenizerConfig(),
  );
  const tokens = (text: string) => tokenizer.encode(text).length;
  assert.equal(tokens("[v*2 for v in x]"), 3);
  assert.equal(tokens("x=>x.map(v=>v*2)"), 3);
  assert.ok(!worldPieces(TEST_WORLD).includes("[v*2 for v in "));
  assert.ok(worldPieces(BOTH).includes(".map(v=>v*2)"));
});
