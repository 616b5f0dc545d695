/**
 * `deno task gpu` without a card: its parts, its log, and with AZR_GPU_REHEARSAL the whole
 * way on the processor (half a minute on an idle machine).
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { LIMIT, logOf, main, partsOf, slug } from "../../tasks/gpu.ts";
import { parseCard } from "../../tasks/gpu/card.ts";
import { compare } from "../../tasks/gpu/parity.ts";
import { joinedPieces } from "../../tasks/gpu/pieces.ts";
import { type PartLog, runPart } from "../../tasks/gpu/run_part.ts";

const played = (code: string, budgetSeconds: number) =>
  runPart({ name: "tried", budgetSeconds }, Deno.execPath(), [
    ...["eval", "--no-config", code],
  ]);

Deno.test("a part that fails, or takes too long, keeps what it has found", async () => {
  const fine = await played('console.log(`RESULT {"a":1}`)', 60);
  assert.deepEqual([fine.ok, fine.problem, fine.result], [true, null, {
    a: 1,
  }]);
  const failed = await played(
    'console.log(`RESULT {"a":2}`); throw new Error("no kernel")',
    60,
  );
  assert.deepEqual([failed.ok, failed.result], [false, { a: 2 }]);
  assert.match(failed.problem!, /no kernel/);
  const late = await played(
    'console.log(`RESULT {"a":3}`); setTimeout(() => {}, 1e6)',
    10,
  );
  assert.deepEqual([late.ok, late.result], [false, { a: 3 }]);
  assert.equal(late.problem, "ended after its 10 s");
  const gone = await runPart(
    { name: "gone", budgetSeconds: 9 },
    "/no/such",
    [],
  );
  assert.deepEqual([gone.ok, gone.result], [false, null]);
  const left = await runPart(
    { name: "left", budgetSeconds: 0 },
    "/no/such",
    [],
  );
  assert.match(left.problem!, /no time was left/);
});

Deno.test("all parts end within eight minutes, those of a rehearsal within two", () => {
  const seconds = (rehearsal: boolean) =>
    partsOf(rehearsal).reduce((sum, part) => sum + part.budgetSeconds, 0);
  assert.ok(seconds(false) <= LIMIT.card && LIMIT.card < 480);
  assert.ok(seconds(true) <= LIMIT.rehearsal && LIMIT.rehearsal <= 120);
  const names = partsOf(true).map(({ name }) => name);
  assert.deepEqual(partsOf(false).map(({ name }) => name), names);
});

Deno.test("a card is read as nvidia-smi prints it, and names its log", () => {
  const card = parseCard("NVIDIA H100 80GB HBM3, 81559, 550.54.15\n")!;
  assert.deepEqual(card, {
    name: "NVIDIA H100 80GB HBM3",
    memory_bytes: 81559 * 2 ** 20,
    driver: "550.54.15",
  });
  assert.equal(slug(card.name), "nvidia-h100-80gb-hbm3");
  assert.equal(parseCard("No devices were found"), null);
  const rehearsed = logOf(true, card, 1, []);
  assert.equal(rehearsed.device, "processor");
  assert.equal(rehearsed.card, null);
  assert.match(rehearsed.says, /no figure here is a card's/);
  assert.deepEqual(logOf(false, card, 1, []).card, card);
});

Deno.test("numbers that differ by more than the tolerance are not equal", () => {
  const numbers = { logits: [1, -2], loss: 3, gradient: [0.5, 0.25] };
  assert.ok(compare(numbers, numbers).equal);
  const off = { ...numbers, gradient: [0.5, 0.251] };
  const { equal, errors } = compare(off, numbers);
  assert.ok(!equal);
  assert.ok(Math.abs(errors.gradient - 0.002) < 1e-9);
});

Deno.test("a model in two pieces is put together, and a missing piece is named", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pieces-" });
  const scratch = join(folder, "scratch");
  await Deno.mkdir(scratch);
  await Deno.writeTextFile(join(folder, "m.gguf.00"), "one ");
  await Deno.writeTextFile(join(folder, "m.gguf.01"), "two");
  const whole = await joinedPieces(folder, scratch);
  assert.equal(whole, join(scratch, "m.gguf"));
  assert.equal(await Deno.readTextFile(whole), "one two");
  assert.equal(await joinedPieces("a-name", scratch), "a-name");
  await Deno.remove(join(folder, "m.gguf.00"));
  await assert.rejects(joinedPieces(folder, scratch), /piece 0 of m\.gguf/);
  await Deno.remove(folder, { recursive: true });
});

/** Asserts that a log is a rehearsal's, and that its parts are fine. */
function checkRehearsal(path: string): void {
  const log = JSON.parse(Deno.readTextFileSync(path));
  assert.deepEqual([log.device, log.rehearsal, log.card], [
    ...["processor", true, null],
  ]);
  const parts: PartLog[] = log.parts;
  const problems = parts.filter(({ ok }) => !ok);
  assert.deepEqual(problems, []);
  assert.deepEqual(parts.map(({ part }) => part), [
    "model",
    ...partsOf(true).map(({ name }) => name),
  ]);
  assert.ok(log.seconds < LIMIT.rehearsal);
}

Deno.test("the recorded rehearsal is a processor's, and every part is fine", () => {
  checkRehearsal(
    new URL("../../data/gpu/rehearsal.json", import.meta.url).pathname,
  );
});

Deno.test({
  name: "the whole way on the processor",
  ignore: !Deno.env.get("AZR_GPU_REHEARSAL"),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "rehearsal-" });
    assert.equal(await main(["--rehearse", "--out", folder]), 0);
    checkRehearsal(join(folder, "rehearsal.json"));
    await Deno.remove(folder, { recursive: true });
  },
});
