import assert from "node:assert/strict";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { PAPER_CONFIG, type SelfPlayConfig } from "../../lib/method/config.ts";
import { selfPlay, type SelfPlayEvent } from "../../lib/method/loop.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";
import "../../lib/extras/mod.ts";

const config: SelfPlayConfig = {
  ...PAPER_CONFIG,
  language: "javascript",
  modes: ["deduction", "abduction", "induction", "error"],
  steps: 2,
  proposalsPerMode: 5,
  rolloutsPerTask: 3,
  references: 3,
  seedTasksPerMode: 4,
  seedRounds: 8,
  maxPromptTokens: 8000,
};

const answer = (text: string) =>
  `let me see</think>\n<answer>\n${text}\n</answer>`;
const fence = (tag: string, text: string) => `\`\`\`${tag}\n${text}\n\`\`\``;

/** A language model of few words. */
function chatResponses(prompt: string, variant: number): string[] {
  if (prompt.includes("### Building blocks")) {
    const inner = prompt.includes("`g_1`") ? "g_1(a)" : "a";
    const program = `function f(a) { return g_0(${inner}) + "!"; }`;
    const input = fence("input", `"w${variant}xyz"`);
    return [
      answer(`${fence("javascript", program)}\n${input}`),
      answer(`${fence("javascript", "x=>x")}\n${input}`),
    ];
  }
  if (prompt.includes("## Task: invent")) {
    const program = `function f(a) { return a.slice(${variant % 4}) + "${
      "abcd"[variant % 4]
    }"; }`;
    const input = variant === 0 ? "7" : `"w${variant}xyz"`;
    return [
      answer(`${fence("javascript", program)}\n${fence("input", input)}`),
      answer(fence("javascript", program)),
      "I do not know",
    ];
  }
  if (prompt.includes("## Task: write")) {
    const inputs = Array.from(
      { length: 10 },
      (_, i) => fence("input", `"${"q".repeat(i)}${variant}"`),
    );
    return [
      answer(`${inputs.join("\n")}\n${fence("message", "cuts and adds")}`),
      answer(inputs.slice(4).join("\n")),
    ];
  }
  if (prompt.includes("## Task: find the program")) {
    return [1, 2].map((i) =>
      answer(
        fence("javascript", `function f(a) { return a.slice(${i}) + "b"; }`),
      )
    );
  }
  const guesses = prompt.includes("## Task: find how the call ends")
    ? ["NoError", "TypeError: a.slice is not a function"]
    : ['"1xyzb"', '"w1xyz"', "1 +"];
  const tag = prompt.includes("## Task: find an input") ? "input" : "output";
  return [...guesses.map((guess) => answer(fence(tag, guess))), "<answer>1"];
}

Deno.test("composite proposals build on simple programs of the buffer", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const tokenizer = characterTokenizer();
  const composite: SelfPlayConfig = {
    ...config,
    modes: ["deduction"],
    compositeChance: 0.5,
    compositeMaximum: 2,
  };
  const causes = new Set<string>();
  let composed = 0;
  const engine = new ScriptedEngine(tokenizer, chatResponses);
  for await (
    const event of selfPlay({ config: composite, engine, tokenizer, executor })
  ) {
    if (event.type !== "rewarded") continue;
    for (const { parts, task, cause, status } of event.proposals) {
      if (parts.length === 0) continue;
      causes.add(cause);
      assert.ok(parts.every(({ provenance }) => !provenance.composedOf));
      if (status !== "valid") continue;
      composed++;
      assert.match(task!.program.source, /g_0[^]*function f\(a\)/);
      assert.match(task!.examples[0].output, /!"$/);
      assert.deepEqual(
        task!.provenance.composedOf,
        parts.map(({ id }) => id),
      );
    }
  }
  assert.ok(composed > 0);
  assert.ok(causes.has("partUnused"), [...causes].join());
});

Deno.test("the chat dialect plays all four modes in words", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const tokenizer = characterTokenizer();
  const engine = new ScriptedEngine(tokenizer, chatResponses);
  const events: SelfPlayEvent[] = [];
  for await (const event of selfPlay({ config, engine, tokenizer, executor })) {
    events.push(event);
  }
  const last = events.at(-1)!;
  assert.ok(last.type === "stepFinished" && last.step === 2);
  const { buffers } = last.state();
  for (const mode of config.modes) {
    assert.ok(buffers.tasks[mode]!.length > 1, mode);
    assert.ok(last.metrics.solve[mode]!.rollouts > 0, mode);
  }
  const endings = new Set(
    buffers.tasks.error!.map(({ examples }) => examples[0].output),
  );
  assert.deepEqual([...endings].sort(), ["NoError", "TypeError"]);
  const induction = buffers.tasks.induction!.at(-1)!;
  assert.equal(induction.examples.length, 10);
  assert.equal(induction.shownCount, 5);
  assert.equal(induction.message, "cuts and adds");
  const grades = events.flatMap((event) =>
    event.type === "solved"
      ? event.solved.flatMap(({ rollouts }) => rollouts.map((r) => r.grade))
      : []
  );
  assert.deepEqual(
    [...new Set(grades)].sort(),
    ["malformed", "right", "wrong"],
  );
});
