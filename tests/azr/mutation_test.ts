/**
 * The twin test fails when one formula of either side is changed: here each is
 * changed in turn, in a copy of page and loop, and the twins of the copy are played.
 *
 * It takes a minute or two, so it runs only where AZR_MUTANTS is set:
 *     AZR_MUTANTS=1 deno test -A tests/azr/mutation_test.ts
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { kitRoot } from "../../tasks/notebook/notebook_file.ts";
import { learner, speaker } from "./players.ts";
import type { Player } from "./twins.ts";

const KIT = kitRoot();

/** A file of lib, a text that stands in it once, and what replaces the text. */
type Mutant = [file: string, text: string, replacement: string];

const page = (text: string, replacement: string): Mutant => [
  "azr.ts",
  text,
  replacement,
];
const loop = (file: string, text: string, replacement: string): Mutant => [
  `method/${file}`,
  text,
  replacement,
];

const MUTANTS: Mutant[] = [
  // Settings.
  page("BATCH = 64", "BATCH = 63"),
  page("REFERENCES = 6", "REFERENCES = 5"),
  page("ATTEMPTS = 8", "ATTEMPTS = 7"),
  page("CAPACITY = 16384", "CAPACITY = 16383"),
  page("REDRAWS = 10", "REDRAWS = 9"),
  page("temperature: 1,", "temperature: 0.9,"),
  page("clipHigh: 0.2", "clipHigh: 0.28"),
  page("entropyCoefficient: 0.001", "entropyCoefficient: 0"),
  page("weightDecay: 0.01", "weightDecay: 0"),
  page("maxGradientNorm: 1", "maxGradientNorm: 2"),
  // What is drawn, shown, kept and set aside.
  page('"references", ...place', '"reference", ...place'),
  page('"propose", ...place', '"proposes", ...place'),
  page('"batch", run.step', '"batches", run.step'),
  page('"solve", run.step', '"solved", run.step'),
  page("[...buffers.deduction, ...buffers.abduction]", "buffers.deduction"),
  page("redraws <= REDRAWS ?", "redraws < REDRAWS ?"),
  page("dialect.induction.shown : 1", "2 : 1"),
  page("length > run.promptTokens", "length > 45"),
  page("if (run.heldOut(task)) return [];", ""),
  page("BATCH - fresh.length", "BATCH - 1 - fresh.length"),
  page("...[...fresh, ...past]", "...[...past, ...fresh]"),
  page(
    "...run.buffers[mode], ...tasksOf(judged, mode)",
    "...run.buffers[mode]",
  ),
  page("stopTokens: tokenizer.endIds", "stopTokens: []"),
  // Rewards.
  page("role, reward: -1 }]", "role, reward: -0.5 }]"),
  page("solveRate === 0 ? 0", "solveRate === 0 ? 1"),
  page("0 : 1 - solveRate", "0 : solveRate"),
  page("right.length / own.length", "right.length / ATTEMPTS / 2"),
  page('grade === "right")', 'grade !== "malformed")'),
  page("{ right: 1, wrong", "{ right: 0.9, wrong"),
  page("wrong: -0.5", "wrong: -0.4"),
  page("malformed: -1", "malformed: -0.9"),
  // Advantages and weights.
  page("role === row.role && mode === row.mode", "role === row.role"),
  page("role === row.role && mode === row.mode", "mode === row.mode"),
  page("sum(rewards) / rewards.length", "sum(rewards) / BATCH / 2"),
  page("sum(squares) / rewards.length", "sum(squares) / (rewards.length - 1)"),
  page("(row.reward - mean) / deviation", "row.reward - mean"),
  page("`${role} ${mode}`", "role"),
  page("1 / groups.size / tokens", "1 / tokens"),
  page("1 / groups.size / tokens", "1 / groups.size / group.length"),
  // The loop's side.
  loop(
    "respond.ts",
    "    temperature,\n    ...",
    "    temperature: 0.9,\n    ...",
  ),
  loop("propose.ts", '"propose", step', '"proposes", step'),
  loop("propose.ts", "config.promptRedraws + 1; redraws++", "9; redraws++"),
  loop(
    "buffer/buffers.ts",
    "drawsFrom.flatMap(",
    "drawsFrom.slice(0, 1).flatMap(",
  ),
  loop(
    "buffer/buffers.ts",
    "writesProgram ? count : 1",
    "writesProgram ? count - 1 : 1",
  ),
  loop("buffer/task_buffer.ts", "- this.limits.capacity", "- 16383"),
  loop("buffer/sampler.ts", "count - fresh.length", "count - fresh.length - 1"),
  loop("buffer/sampler.ts", '=== "paper" ? pool.past', '=== "" ? pool.past'),
  loop(
    "solve.ts",
    "Math.max(1, judged.length)",
    "Math.max(1, rollouts.length + 1)",
  ),
  loop(
    "reward/learnability.ts",
    "atAnEnd ? 0 : 1 - solveRate",
    "1 - solveRate",
  ),
  loop(
    "reward/learnability.ts",
    "atAnEnd ? 0 : 1 - solveRate",
    "atAnEnd ? 0 : solveRate",
  ),
  loop(
    "reward/composite.ts",
    "return rewards[grade]",
    'return rewards[grade] + (grade === "wrong" ? 0.1 : 0)',
  ),
  loop(
    "reward/composite.ts",
    'status !== "valid") return rewards[status]',
    'status !== "valid") return -0.5',
  ),
  loop(
    "advantage/trrpp.ts",
    "roleAndMode,\n    (group)",
    "(sample) => sample.role,\n    (group)",
  ),
  loop("advantage/sample.ts", '=== "sample" ? 1', '=== "token" ? 1'),
  loop(
    "advantage/sample.ts",
    '=== "sample" ? total : total - 1',
    '=== "token" ? total : total - 1',
  ),
  loop(
    "advantage/sample.ts",
    "(sample.reward - mean) / deviation",
    "sample.reward - mean",
  ),
  loop("objective/weights.ts", "groupWeight(key) / total", "1 / total / 2"),
  loop(
    "objective/weights.ts",
    '=== "token-mean" ? tokenCount',
    '=== "" ? tokenCount',
  ),
  loop("optimiser_schedule.ts", "* warm * decay", "* 2"),
  loop(
    "settings_learning.ts",
    '"Weight of the entropy bonus.", {\n    paper: 0.001',
    '"Weight of the entropy bonus.", {\n    paper: 0',
  ),
  loop(
    "settings_learning.ts",
    "{ from: 0, official: 0, kit: 0.01 }",
    "{ from: 0, official: 0, kit: 0 }",
  ),
];

/** A copy of the method and the twins, in which one file is changed. */
async function writeMutant(folder: string, mutant: Mutant): Promise<void> {
  const [file, text, replacement] = mutant;
  for await (const { name } of Deno.readDir(join(KIT, "lib"))) {
    const [from, to] = [join(KIT, "lib", name), join(folder, "lib", name)];
    await Deno.mkdir(join(folder, "lib"), { recursive: true });
    if (["method", "azr.ts"].includes(name)) await copy(from, to);
    else await Deno.symlink(from, to);
  }
  await copy(
    join(KIT, "tests/azr/twins.ts"),
    join(folder, "tests/azr/twins.ts"),
  );
  const path = join(folder, "lib", file);
  const source = await Deno.readTextFile(path);
  assert.equal(
    source.split(text).length,
    2,
    `${file} holds this once: ${text}`,
  );
  await Deno.writeTextFile(path, source.replace(text, () => replacement));
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(dirname(to), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) {
    await copy(join(from, name), join(to, name));
  }
}

/** What the twins of a mutant say of it, or null if they find nothing. */
async function complaint(
  folder: string,
  learning: Player,
  speaking: Player,
): Promise<string | null> {
  const twins: typeof import("./twins.ts") = await import(
    pathToFileURL(join(folder, "tests/azr/twins.ts")).href
  );
  try {
    await twins.playWords(speaking);
    await twins.playLearning(learning, 1);
    return null;
  } catch (error) {
    return String(error).split("\n")[0];
  }
}

Deno.test({
  name: "every changed formula makes the twins differ",
  ignore: !Deno.env.has("AZR_MUTANTS"),
  fn: async () => {
    // Below the kit, so that its imports of packages are found.
    const folder = await Deno.makeTempDir({ dir: join(KIT, ".cache") });
    await using executor = await startExecutor({ workers: 1 });
    const learning = await learner(executor);
    await learning.engine.save(join(folder, "taught"));
    const survivors: string[] = [];
    const nothing: Mutant = ["azr.ts", "BATCH = 64", "BATCH = 64"];
    for (const [i, mutant] of [nothing, ...MUTANTS].entries()) {
      await writeMutant(join(folder, `${i}`), mutant);
      await learning.engine.load(join(folder, "taught"));
      const said = await complaint(
        join(folder, `${i}`),
        learning,
        speaker(executor),
      );
      const [file, text, replacement] = mutant;
      const name = `${file}: ${text} -> ${replacement}`;
      console.error(said === null ? "SURVIVES" : "killed", name, "|", said);
      if (said === null) survivors.push(name);
    }
    learning.engine.dispose();
    await Deno.remove(folder, { recursive: true });
    assert.deepEqual(survivors, ["azr.ts: BATCH = 64 -> BATCH = 64"]);
  },
});
