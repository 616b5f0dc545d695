import assert from "node:assert/strict";
import { buildSplits } from "../../../lib/lab/world/splits.ts";
import { splitNamed } from "./split_named.ts";
import { HeldOut, normaliseText } from "../../../lib/lab/world/held_out.ts";
import { TEST_WORLD } from "./world_config.ts";

Deno.test("splits have the sizes and depths that the configuration names", () => {
  const set = buildSplits(TEST_WORLD);
  assert.deepEqual(
    set.splits.map((split) => `${split.name}/${split.kind}`),
    [
      "familiar/deduction",
      "familiar/abduction",
      "familiar/induction",
      "deep/deduction",
      "deep/abduction",
      "deep/induction",
      "large/deduction",
      "large/abduction",
      "large/induction",
      "composed/deduction",
      "composed/abduction",
      "composed/induction",
      "expressions/maths",
      "longer expressions/maths",
      "words/maths",
    ],
  );
  const depths = (name: string) =>
    new Set(splitNamed(set, name, "deduction").items.map((item) => item.depth));
  assert.deepEqual([...depths("familiar")].sort(), [2, 3, 4]);
  assert.deepEqual([...depths("deep")].sort(), [5, 6]);
  assert.deepEqual([...depths("composed")].sort(), [6, 7, 8]);
  assert.equal(splitNamed(set, "familiar", "induction").items.length, 60);
  assert.equal(splitNamed(set, "words", "maths").items.length, 40);
});

Deno.test("splits depend on their own seed only", () => {
  const set = buildSplits(TEST_WORLD);
  assert.deepEqual(buildSplits(TEST_WORLD).splits, set.splits);
  const other = buildSplits({ ...TEST_WORLD, splitSeed: 12 });
  assert.notDeepEqual(other.splits, set.splits);
});

Deno.test("induction items show examples that differ and hide three more", () => {
  for (
    const item of splitNamed(buildSplits(TEST_WORLD), "familiar", "induction")
      .items
  ) {
    assert.ok(item.kind === "induction");
    const { examples, shownCount } = item.task;
    assert.equal(examples.length, 6);
    assert.equal(shownCount, 3);
    const outputs = examples.slice(0, 3).map((example) => example.output);
    assert.ok(new Set(outputs).size > 1);
  }
});

Deno.test("an item is barred by its input and by its output, whatever the layout", () => {
  const heldOut = new HeldOut();
  heldOut.add("x=>x.concat(3)", { argument: "[1,2]", output: "[1,2,3]" });
  const has = (program: string, argument: string, output?: string) =>
    heldOut.has(program, { argument, output });
  assert.ok(has("x=>x.concat(3)", "[1,2]"));
  assert.ok(has("(x) => x.concat( 3 );", "[1, 2]"));
  assert.ok(has("x=>x.concat(3)", "[0]", "[1,2,3]"));
  assert.ok(!has("x=>x.concat(3)", "[0]", "[0,3]"));
  assert.ok(!has("x=>x.concat(7)", "[1,2]", "[1,2,7]"));
});

Deno.test("normalising leaves spaces inside strings alone", () => {
  assert.equal(normaliseText(`x => x + 'a b' ;`), `x=>x+"a b"`);
  assert.equal(normaliseText(`x=>x+"a\\" b"`), `x=>x+"a\\" b"`);
});

Deno.test("a world with too few programs for its splits is refused, not searched for ever", () => {
  const small = {
    ...TEST_WORLD,
    operations: ["+1", "*2"],
    inputWeights: { integer: 1, list: 0, string: 0 },
    loopShare: 0,
  };
  assert.throws(
    () => buildSplits({ ...small, familiarItems: 200 }),
    /familiar\/\w+ wants 200 items, .* lower "familiarItems"/,
  );
});
