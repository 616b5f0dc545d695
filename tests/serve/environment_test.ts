/** The environment by its server: all three modes in both roles, rewards, and resumption. */

import assert from "node:assert/strict";
import { learnabilityReward } from "../../lib/method/reward/learnability.ts";
import {
  answerText,
  CONFIG,
  inputsText,
  journalOf,
  post,
  proposalText,
  serve,
  type Served,
  withServer,
} from "./served.ts";

const REVERSE = proposalText(
  "function f(a) { return [...a].reverse(); }",
  "[1, 2, 3]",
);

async function propose(served: Served, mode: string, response: string) {
  const { json } = await post(served, "/prompts", { role: "propose", mode });
  const [prompt] = json.prompts;
  assert.equal(prompt.role, "propose");
  const proposals = [{ id: `${mode} 1`, prompt: prompt.id, response }];
  const answer = await post(served, "/proposals", { proposals });
  assert.equal(answer.status, 200, JSON.stringify(answer.json));
  return { prompt, verdict: answer.json.verdicts[0] };
}

async function answer(served: Served, task: string, responses: string[]) {
  const answers = responses.map((response) => ({ task, response }));
  const { json } = await post(served, "/answers", { answers });
  return json.rewards.map(({ reward }: { reward: number }) => reward);
}

Deno.test("each mode: a prompt, a proposal, its task in the buffer, answers, the learnability", () =>
  withServer(async (served) => {
    const wrong = {
      deduction: answerText("[7]"),
      abduction: answerText("[7]", "input"),
      induction: answerText("function f(a) { return 7; }", "javascript"),
    };
    const inputs = Array.from({ length: 10 }, (_, i) => `[${i}, ${i + 1}]`);
    const { state } = served.environment;
    for (const mode of ["deduction", "abduction", "induction"] as const) {
      const before = state.buffers.of(mode).size;
      const response = mode === "induction" ? inputsText(inputs) : REVERSE;
      const { verdict } = await propose(served, mode, response);
      assert.equal(verdict.status, "valid", `${mode}: ${verdict.reason}`);
      assert.equal(verdict.reward, null);
      assert.equal(verdict.missing, 4);
      assert.equal(state.buffers.of(mode).size, before + 1);
      const { json } = await post(served, "/prompts", { role: "solve", mode });
      // A task that nobody was asked yet is drawn first.
      assert.deepEqual(json.prompts[0], verdict.task);
      const { source } = state.task(verdict.task.id)!.program;
      const right = {
        deduction: answerText("[3, 2, 1]"),
        abduction: answerText("[1, 2, 3]", "input"),
        induction: answerText(source, "javascript"),
      }[mode];
      const responses = [right, wrong[mode], "no form at all", right];
      const rewards = await answer(served, verdict.task.id, responses);
      assert.deepEqual(rewards, [1, -0.5, -1, 1]);
      const ids = [`${mode} 1`];
      const later = await post(served, "/verdicts", { ids });
      const [{ solveRate, reward, missing }] = later.json.verdicts;
      assert.equal(missing, 0);
      assert.equal(reward, learnabilityReward("paper", solveRate));
    }
  }));

Deno.test("what is no task has the reward of its kind, and a duplicate that of duplicates", () =>
  withServer(async (served) => {
    const texts = [
      REVERSE,
      "no form",
      proposalText("function f(a) { for (;;); }", "1"),
      proposalText("function f(a) { return Math.random(); }", "1"),
      REVERSE,
    ];
    const proposals = texts.map((response) => ({
      mode: "deduction",
      response,
    }));
    const { json } = await post(served, "/proposals", { proposals });
    const rows = json.verdicts as { status: string; reward: number | null }[];
    assert.deepEqual(rows.map(({ status }) => status), [
      ...["valid", "malformed", "invalid", "invalid", "duplicate"],
    ]);
    assert.deepEqual(rows.map(({ reward }) => reward), [
      ...[null, -1, -1, -1, -0.5],
    ]);
    assert.equal(served.environment.state.buffers.of("deduction").size, 2);
  }));

Deno.test("requests at the same time cannot put one task into the buffer twice", () =>
  withServer(async (served) => {
    const proposals = [{ mode: "deduction", response: REVERSE }];
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        () => post(served, "/proposals", { proposals }),
      ),
    );
    const statuses = answers.map(({ json }) => json.verdicts[0].status);
    assert.equal(statuses.filter((status) => status === "valid").length, 1);
    assert.equal(
      statuses.filter((status) => status === "duplicate").length,
      19,
    );
    assert.equal(served.environment.state.buffers.of("deduction").size, 2);
  }));

Deno.test("what is sent twice under one id is judged one time, also at the same time", () =>
  withServer(async (served, folder) => {
    const proposals = [{ id: "a", mode: "deduction", response: REVERSE }];
    const first = await Promise.all(
      Array.from(
        { length: 5 },
        () => post(served, "/proposals", { proposals }),
      ),
    );
    const again = await post(served, "/proposals", { proposals });
    for (const { json } of first) assert.deepEqual(json, again.json);
    const [{ task }] = again.json.verdicts;
    const answers = [{
      id: "b",
      task: task.id,
      response: answerText("[3,2,1]"),
    }];
    for (let i = 0; i < 6; i++) await post(served, "/answers", { answers });
    const { json } = await post(served, "/verdicts", { ids: ["a"] });
    assert.equal(json.verdicts[0].missing, 3);
    const lines = (await Deno.readTextFile(journalOf(folder))).trim().split(
      "\n",
    );
    assert.equal(lines.length, 4, "head, start, one proposal, one answer");
  }));

Deno.test("a server that begins again knows what was acknowledged, and drops half a line", async () => {
  const folder = await Deno.makeTempDir({ prefix: "served-" });
  try {
    let [before, prompt, verdict]: unknown[] = [];
    {
      await using served = await serve(folder);
      const proposed = await propose(served, "deduction", REVERSE);
      prompt =
        (await post(served, "/prompts", { role: "propose", mode: "induction" }))
          .json.prompts[0].id;
      await answer(served, proposed.verdict.task.id, [answerText("[3,2,1]")]);
      verdict =
        (await post(served, "/verdicts", { ids: ["deduction 1"] })).json;
      before = served.environment.state.buffers.toJSON();
    }
    const whole = await Deno.readTextFile(journalOf(folder));
    await Deno.writeTextFile(journalOf(folder), whole + '{"kind":"prop');
    await using served = await serve(folder);
    assert.deepEqual(served.environment.state.buffers.toJSON(), before);
    const later = await post(served, "/verdicts", { ids: ["deduction 1"] });
    assert.deepEqual(later.json, verdict);
    const inputs = Array.from({ length: 10 }, (_, i) => `[${i}]`);
    const proposals = [{ prompt, response: inputsText(inputs) }];
    const { json } = await post(served, "/proposals", { proposals });
    assert.equal(
      json.verdicts[0].status,
      "valid",
      "a prompt of before is known",
    );
    const drawn = await post(served, "/prompts", { role: "propose", count: 3 });
    for (const { id } of drawn.json.prompts) assert.notEqual(id, prompt);
    const text = await Deno.readTextFile(journalOf(folder));
    assert.ok(text.startsWith(whole) && !text.includes('"prop{'));
    await assert.rejects(
      serve(folder, { ...CONFIG, rewardRight: 2 }),
      /begun with rewardRight 1, now it is 2/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tasks join by the admission rule, with their solve rates", () =>
  withServer(
    async (served) => {
      const { buffers } = served.environment.state;
      const { verdict } = await propose(served, "deduction", REVERSE);
      assert.equal(buffers.of("deduction").size, 1);
      const right = answerText("[3,2,1]");
      await answer(served, verdict.task.id, [right, right, right, "x"]);
      assert.equal(buffers.of("deduction").size, 2);
      assert.equal(buffers.of("deduction").tasks[1].provenance.solveRate, .75);
      const other = proposalText("function f(a) { return a + 1; }", "1");
      const proposals = [{ mode: "deduction", response: other }];
      const { json } = await post(served, "/proposals", { proposals });
      const easy = Array(4).fill(answerText("2"));
      await answer(served, json.verdicts[0].task.id, easy);
      assert.equal(buffers.of("deduction").size, 2, "always solved");
    },
    {},
    { ...CONFIG, bufferAdmission: "learnable" },
  ));

Deno.test("OpenRLHF's form: rewards by label, special tokens and prompt cut off", () =>
  withServer(async (served) => {
    const { prompt, verdict } = await propose(served, "deduction", REVERSE);
    const { id, prompt: asked } = verdict.task;
    const rows = [
      {
        label: id,
        text: asked,
        response: answerText("[3,2,1]") + "<|im_end|>\n",
      },
      { label: id, text: asked, response: answerText("[1]") + "</s>" },
      { label: prompt.id, text: prompt.prompt, response: "no form" },
    ];
    const { json } = await post(served, "/get_reward", {
      query: rows.map(({ text, response }) => `<s>${text}${response}`),
      prompts: rows.map(({ text }) => text),
      labels: rows.map(({ label }) => label),
    });
    assert.deepEqual(json, {
      rewards: [1, -0.5, -1],
      scores: [1, 0, 0],
      extra_logs: { malformed: [0, 0, 1] },
    });
    const none = { query: [], prompts: [], labels: [] };
    const empty = await post(served, "/get_reward", none);
    assert.deepEqual(empty.json.rewards, []);
    const unknown = { query: ["ab"], prompts: ["c"], labels: [id] };
    const refused = await post(served, "/get_reward", unknown);
    assert.equal(refused.status, 400);
    assert.match(refused.json.error, /does not hold its prompt/);
  }));

Deno.test("no answer tells the right answer to a task", () =>
  withServer(async (served) => {
    const secret = proposalText(
      "function f(a) { return [...'terces'].reverse().join('') + a.length; }",
      '"abc"',
    );
    const proposals = [{ id: "s", mode: "deduction", response: secret }];
    const { json } = await post(served, "/proposals", { proposals });
    const { id } = json.verdicts[0].task;
    const answers = [
      { task: id, response: answerText('"no"') },
      { task: id, response: answerText('f("abc")') },
    ];
    const graded = await post(served, "/answers", { answers });
    const later = await post(served, "/verdicts", { ids: ["s"] });
    const solve = { role: "solve", mode: "deduction", count: 9 };
    const asked = await post(served, "/prompts", solve);
    const said = JSON.stringify([json, graded.json, later.json, asked.json]);
    assert.ok(!said.includes("secret3"));
    assert.ok(said.includes("terces"));
  }));

Deno.test("a sandbox process that is killed costs no verdict", () =>
  withServer(async (served) => {
    await served.executor.start(["javascript"]);
    const slow = (i: number) =>
      proposalText(
        `function f(a) { let s = ${i}; for (let i = 0; i < 3e5; i++) s += i % 7; return s + a; }`,
        "1",
      );
    const proposals = Array.from({ length: 30 }, (_, i) => ({
      ...{ id: `${i}`, mode: "deduction", response: slow(i) },
    }));
    const judged = post(served, "/proposals", { proposals });
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const pid of served.executor.pids) Deno.kill(pid, "SIGKILL");
    const { json } = await judged;
    const statuses = json.verdicts.map(({ status }: { status: string }) =>
      status
    );
    assert.deepEqual(new Set(statuses), new Set(["valid"]));
  }));

Deno.test("an environment that could give no proposer's prompt does not open, and names the cure", async () => {
  const config = { ...CONFIG, maxPromptTokens: 320 };
  const folder = await Deno.makeTempDir({ prefix: "served-" });
  try {
    await assert.rejects(
      serve(folder, config),
      /of deduction fits maxPromptTokens, 320 bytes: .*--tokenizer FOLDER/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Process numbers of the sandbox children of this process, those that still start among them. */
function startingChildren(): number[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    try {
      if (!/^\d+$/.test(name)) return [];
      const status = Deno.readTextFileSync(`/proc/${name}/status`);
      const isOurs = status.includes(`PPid:\t${Deno.pid}\n`) &&
        Deno.readTextFileSync(`/proc/${name}/cmdline`).includes("child.ts");
      return isOurs ? [Number(name)] : [];
    } catch { // it has ended meanwhile
      return [];
    }
  });
}

Deno.test({
  name:
    "a sandbox that is killed whenever it starts is answered with 503 and a time to try again",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(async (served) => {
      const proposals = [{ id: "1", mode: "deduction", response: REVERSE }];
      const killer = setInterval(() => {
        for (const pid of startingChildren()) Deno.kill(pid, "SIGKILL");
      }, 5);
      try {
        const refused = await post(served, "/proposals", { proposals });
        assert.equal(refused.status, 503, refused.json.error);
        assert.match(refused.headers.get("retry-after")!, /^[1-9]\d*$/);
        assert.match(refused.json.error, /did not start/);
      } finally {
        clearInterval(killer);
      }
      const { json } = await post(served, "/proposals", { proposals });
      assert.equal(json.verdicts[0].status, "valid");
    }),
});
