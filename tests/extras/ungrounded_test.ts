/** A gate that leaks, and the majority as the gold answer. */

import assert from "node:assert/strict";
import { agree } from "../../lib/extras/ungrounded.ts";
import {
  checkConfig,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { selfPlay, type SelfPlayEvent } from "../../lib/method/loop.ts";
import { type Executor, startExecutor } from "../../lib/sandbox/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import "../../lib/extras/mod.ts";

const right = (answers: string[], language: "javascript" | "python") =>
  agree(answers, language).map(({ correct }) => correct);

Deno.test("the commonest value is right, however it is written", () => {
  const lists = ["[1,2]", "3", "[1, 2]", "[2,1]"];
  assert.deepEqual(right(lists, "javascript"), [true, false, true, false]);
  // Equally common: the first wins. What is no value votes as text.
  assert.deepEqual(right(["b", " b", "7", "7"], "python"), [
    ...[true, true],
    ...[false, false],
  ]);
  assert.deepEqual(right([], "python"), []);
});

const base: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 2,
  proposalsPerMode: 12,
  rolloutsPerTask: 4,
  seedTasksPerMode: 4,
};

/** A policy that proposes what the executor refuses, and always answers 5, 5, 5 or 6. */
function stubborn() {
  const tokenizer = characterTokenizer();
  return new ScriptedEngine(
    tokenizer,
    (prompt, variant) =>
      prompt.startsWith("<P")
        ? [
          variant < 5 ? `x=>y+${variant}<i>1<eos>` : `x=>x+1<i>${variant}<eos>`,
        ]
        : ["<a>5<eos>", "<a>5<eos>", "<a>5<eos>", "<a>6<eos>"],
  );
}

async function play(executor: Executor, changes: Partial<SelfPlayConfig>) {
  const config = { ...base, ...changes };
  const engine = stubborn();
  const { tokenizer } = engine;
  const events: SelfPlayEvent[] = [];
  for await (
    const event of selfPlay({ config, engine, tokenizer, executor })
  ) events.push(event);
  return events.flatMap((event) => event.type === "rewarded" ? event : []);
}

Deno.test("a leaking gate and a majority on the real sandbox", async (t) => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });

  await t.step("leaked tasks take the majority as their gold", async () => {
    const steps = await play(executor, { gateLeak: 1 });
    const proposals = steps.flatMap(({ proposals }) => proposals);
    const leaked = proposals.filter(({ cause }) => cause === "leaked");
    assert.ok(leaked.length > 3);
    for (const { mode, task, reason, solveRate } of leaked) {
      assert.equal(mode, "deduction");
      assert.match(reason, /^thrown: /);
      assert.equal(task!.provenance.verdict, "leaked");
      assert.match(task!.examples[0].output, /^[56]$/);
      assert.ok(solveRate! >= 0.5);
    }
    // The other modes show an output: what is refused there stays out.
    const refused = proposals.filter(({ status }) => status === "invalid");
    assert.ok(refused.length > 0);
    assert.ok(refused.every(({ mode }) => mode !== "deduction"));
    const taught = steps.flatMap(({ solved }) => solved)
      .filter(({ task }) => task.provenance.verdict === "leaked");
    assert.ok(taught.every(({ trained }) => trained));
  });

  await t.step(
    "a closed gate leaks nothing, half a gate about half",
    async () => {
      const count = async (gateLeak: number) =>
        (await play(executor, { gateLeak, modes: ["deduction"] }))
          .flatMap(({ proposals }) => proposals)
          .filter(({ cause }) => cause === "leaked").length;
      const [none, half, all] = [
        await count(0),
        await count(0.5),
        await count(1),
      ];
      assert.equal(none, 0);
      assert.ok(half > 0 && half < all, `${half} of ${all}`);
    },
  );

  await t.step("without a value there is no gold, and no task", async () => {
    const engine = stubborn();
    const { tokenizer } = engine;
    const mute = new ScriptedEngine(
      tokenizer,
      (prompt, variant) =>
        prompt.startsWith("<P")
          ? engine.responses(prompt, variant)
          : ["<a>y<eos>"],
    );
    const config: SelfPlayConfig = {
      ...base,
      gateLeak: 1,
      modes: ["deduction"],
    };
    const events = selfPlay({ config, engine: mute, tokenizer, executor });
    for await (const event of events) {
      if (event.type !== "rewarded") continue;
      const causes = event.proposals.map(({ cause }) => cause);
      assert.ok(causes.includes("noMajority") && !causes.includes("leaked"));
      assert.ok(
        event.solved.every(({ task, trained }) =>
          trained === (task.provenance.verdict !== "leaked")
        ),
      );
    }
  });

  await t.step(
    "with the majority as gold a wrong answer can be right",
    async () => {
      const rates = async (gold: SelfPlayConfig["gold"]) => {
        const steps = await play(executor, { gold, modes: ["deduction"] });
        const solved = steps.flatMap(({ solved }) => solved);
        return solved.map(({ solveRate }) => solveRate);
      };
      assert.ok(Math.min(...await rates("majority")) >= 0.5);
      assert.ok(Math.min(...await rates("executor")) === 0);
    },
  );
});

Deno.test("what leaves nothing to vote is refused with the cure", () => {
  const refused: [Partial<SelfPlayConfig>, RegExp][] = [
    [{ gateLeak: 0.1, modes: ["abduction"] }, /"gateLeak" must be 0 unless/],
    [
      { gateLeak: 0.1, trainOnEstimates: false },
      /"trainOnEstimates" must be tr/,
    ],
    [{ gold: "majority", trainOnEstimates: false }, /"trainOnEstimates" must/],
    [
      { gold: "majority", rolloutsPerTask: 1, learnability: "inverse" },
      /"rolloutsPerTask" must be at least 2 where "gold"/,
    ],
  ];
  for (const [changes, message] of refused) {
    assert.throws(() => checkConfig({ ...base, ...changes }), message);
  }
  checkConfig({ ...base, gateLeak: 1, gold: "majority" });
});
