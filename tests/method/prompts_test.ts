/** Prompts that are too long: reported, drawn again within a bound, never a loop. */

import assert from "node:assert/strict";
import { Buffers } from "../../lib/method/buffer/buffers.ts";
import { type Executor, startExecutor } from "../../lib/sandbox/mod.ts";
import type { DialectName } from "../../lib/method/modes/dialect.ts";
import { dialectNamed } from "../../lib/method/modes/mod.ts";
import type { ModeName, Task } from "../../lib/method/modes/task.ts";
import { drawProposals } from "../../lib/method/propose.ts";
import { evenly } from "../../lib/method/draft.ts";
import { seedBuffers } from "../../lib/method/seeding.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";
import type { Setting } from "../../lib/method/setting.ts";
import { validateProposals } from "../../lib/method/validate.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";
import "../../lib/extras/mod.ts";

const tokenizer = characterTokenizer();
const MODES_OF: Record<DialectName, ModeName[]> = {
  compact: ["deduction", "abduction", "induction"],
  chat: ["deduction", "abduction", "induction", "error"],
  code: ["deduction", "abduction", "induction"],
};
const REDRAWS = 3;
const COUNT = 5;

function settingOf(
  dialect: DialectName,
  changes: Partial<SelfPlayConfig>,
  executor?: Executor,
): Setting {
  return {
    config: {
      ...TINY_CONFIG,
      dialect,
      modes: MODES_OF[dialect],
      promptRedraws: REDRAWS,
      ...changes,
    },
    dialect: dialectNamed(dialect),
    engine: new ScriptedEngine(tokenizer),
    tokenizer,
    executor: executor as Executor,
  };
}

function taskOf(mode: ModeName, padding: number): Task {
  const source = `x=>x+"${"y".repeat(padding)}"`;
  return {
    id: `${mode}-${padding}`,
    mode,
    program: { language: "javascript", source },
    examples: [{ argument: '"a"', output: '"b"' }],
    shownCount: 1,
    message: "",
    provenance: {
      source: "proposed",
      parents: [],
      step: 0,
      seed: 1,
      verdict: "valid",
      solveRate: null,
    },
  };
}

/** Buffers of long programs, and for induction's sake one short. */
function buffersOf(modes: readonly ModeName[], paddings: number[]): Buffers {
  const limits = { capacity: 99, inputsPerProgram: 0 };
  const tasks = Object.fromEntries(
    modes.map((mode) => [mode, paddings.map((p) => taskOf(mode, p))]),
  );
  return new Buffers({ limits, tasks });
}

for (const dialect of ["compact", "chat", "code"] as const) {
  const modes = MODES_OF[dialect];
  const bareLength = (mode: ModeName) =>
    tokenizer.encode(
      dialectNamed(dialect).proposerPrompt(
        mode,
        mode === "induction" ? [taskOf("deduction", 0)] : [],
        "javascript",
      ),
    ).length;

  for (const mode of modes) {
    Deno.test(`${dialect}, ${mode}: nothing fits, so all are dropped after as many draws as allowed`, async () => {
      const setting = settingOf(dialect, { maxPromptTokens: 1 });
      const buffers = buffersOf(modes, [10, 20, 30, 40]);
      const drawn = await drawProposals(
        setting,
        buffers,
        evenly([mode], COUNT, 1),
      );
      assert.deepEqual(drawn.proposals, []);
      assert.equal(drawn.promptsDropped, COUNT);
      assert.equal(drawn.promptsRedrawn, COUNT * (REDRAWS + 1));
    });

    Deno.test(`${dialect}, ${mode}: what is too long makes way for what fits`, async () => {
      const setting = settingOf(dialect, {
        maxPromptTokens: bareLength(mode),
        references: 2,
        promptRedraws: 40,
      });
      const buffers = buffersOf(modes, [500, 600, 700, 0]);
      const drawn = await drawProposals(
        setting,
        buffers,
        evenly([mode], COUNT, 1),
      );
      assert.equal(drawn.promptsDropped, 0);
      assert.equal(drawn.proposals.length, COUNT);
      assert.ok(drawn.promptsRedrawn > 0);
      assert.ok(drawn.promptsRedrawn <= COUNT * 41);
      for (const { response, references } of drawn.proposals) {
        assert.ok(response!.promptTokens.length <= bareLength(mode));
        // Induction found the one short program; the others do without.
        assert.deepEqual(
          references.map(({ program }) => program.source),
          mode === "induction" ? ['x=>x+""'] : [],
        );
      }
    });
  }
}

Deno.test("a task whose solver prompt is too long is refused by name in every mode", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const setting = settingOf("compact", { proposalsPerMode: 12 }, executor);
  const buffers = buffersOf(["deduction", "abduction", "induction"], [0]);
  const modes = setting.config.modes;
  const draw = () => drawProposals(setting, buffers, evenly(modes, 12, 1));
  const drafts = (await draw()).proposals;
  const fitting = await validateProposals(setting, buffers, drafts);
  const { proposals } = await draw();
  setting.config.maxPromptTokens = 1;
  const long = await validateProposals(setting, buffers, proposals);
  for (const mode of modes) {
    const good = fitting.filter((p) => p.mode === mode && p.task !== null);
    assert.ok(good.length > 0, mode);
    for (const { id } of good) {
      const refused = long.find((proposal) => proposal.id === id)!;
      assert.equal(refused.status, "invalid");
      assert.equal(refused.cause, "promptTooLong");
      assert.match(refused.reason, /^\d+ tokens, 1 allowed$/);
      assert.equal(refused.task, null);
    }
  }
});

Deno.test("seeds are measured in each mode they are given to", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  // Short to be asked for its output, long with the output in the prompt.
  const engine = new ScriptedEngine(
    tokenizer,
    (_, variant) => [`x=>"ab".repeat(40)+x<i>${variant}<eos>`],
  );
  const setting = {
    ...settingOf("compact", {
      modes: ["deduction", "abduction"],
      maxPromptTokens: 60,
      seedTasksPerMode: 4,
      seedRounds: 2,
    }, executor),
    engine,
  };
  const { buffers } = await seedBuffers(setting);
  assert.equal(buffers.of("deduction").size, 4);
  assert.equal(buffers.of("abduction").size, 1);
});
