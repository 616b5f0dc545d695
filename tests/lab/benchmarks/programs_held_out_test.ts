/** Programs of benchmarks: a run that is measured by them does not train on them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import { programsHeldOut } from "../../../tasks/selfplay/programs_held_out.ts";
import { parseArguments } from "../../../tasks/selfplay/arguments.ts";
import { evaluationOf } from "../../../tasks/selfplay/language_model.ts";
import { planOf } from "../../../tasks/selfplay/plan.ts";
import { writeChatModel } from "../../run/chat_model.ts";

const OWN = new URL("./own", import.meta.url).pathname;

/** What a run with `--during` may not train on. */
async function barredDuring(names: string) {
  const model = await Deno.makeTempDir();
  await writeChatModel(model);
  const out = join(await Deno.makeTempDir(), "run");
  const given = ["--model", model, "--out", out, "--evaluate", "0"];
  const plan = await planOf(
    parseArguments([...given, "--during", names, "--data", OWN]),
  );
  const { heldOut } = await evaluationOf(plan);
  return (source: string) => heldOut!({ language: "python", source });
}

Deno.test("no program of a benchmark's file is trained on, asked in the run or not", async () => {
  const isBarred = await barredDuring("cruxeval-o:1,humaneval,mbppplus:1");
  const programs = await Promise.all(
    ["cruxeval-o", "humaneval", "mbppplus"].map(async (name) => {
      const benchmark = benchmarkNamed(name);
      const items = await readItems(benchmark, OWN);
      return items.map((item) => benchmark.program!(item));
    }),
  );
  assert.ok(programs.flat().length > 6);
  for (const source of programs.flat()) assert.ok(isBarred(source), source);
  // A run's own functions stay barred beside them.
  assert.ok(!isBarred("def f(a):\n    return a + 41\n"));
});

Deno.test("a program is known by its code, and not by its name, layout or words", async () => {
  const isBarred = await barredDuring("humaneval,mbppplus");
  const half = "def f(number):\n    return number/2";
  for (
    const same of [
      half,
      `"""Halves."""\nimport math\n\ndef g(number: float) -> float:\n` +
      `    '''Half of it.'''\n    # by division\n    return number / 2\n`,
    ]
  ) assert.ok(isBarred(same), same);
  for (
    const other of [
      half.replace("2", "4"),
      half.replaceAll("number", "n"),
      "def f(number):\n    if number:\n        return number / 2",
      "def f(number:\n    return number/2",
    ]
  ) assert.ok(!isBarred(other), other);
});

Deno.test("indentation tells programs apart", async () => {
  const source =
    "def f(a):\n    while a > 9:\n        a = a // 2\n    return a\n";
  const benchmark = { ...benchmarkNamed("mbppplus"), program: () => source };
  const items = (await readItems(benchmark, OWN)).slice(0, 1);
  const isBarred = programsHeldOut([{ benchmark, items }]);
  const of = (text: string) => isBarred({ language: "python", source: text });
  assert.ok(of(source));
  assert.ok(!of(source.replace("    return", "        return")));
  assert.ok(
    !isBarred({ language: "javascript", source }),
  );
});
