/** The loop with models opened by name: language models, adapters, a served model. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { dialectOf } from "../../lib/engines/choice.ts";
import { type EngineConfig, ENGINES } from "../../lib/engines/engine_config.ts";
import { LocalEngine } from "../../lib/engines/local.ts";
import { runExperiment } from "../../lib/lab/run.ts";
import { Tokenizer } from "../../lib/model/mod.ts";
import { playModel } from "../../lib/run/play.ts";
import {
  readManifest,
  readMetrics,
  readRollouts,
  readTasks,
} from "../../lib/run/read.ts";
import {
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { main } from "../../tasks/selfplay.ts";
import { MICRO } from "../lab/micro_preset.ts";
import { ServedModel } from "../engines/served_model.ts";
import { characterTokenizer } from "../method/scripted_engine.ts";
import { taughtEngine } from "../method/tiny_model.ts";
import { writeChatModel } from "./chat_model.ts";

/** The paper's settings, made small. */
const chatConfig: SelfPlayConfig = {
  ...PAPER_CONFIG,
  language: "javascript",
  steps: 2,
  proposalsPerMode: 3,
  rolloutsPerTask: 4,
  references: 1,
  seedTasksPerMode: 4,
  seedRounds: 1,
  maxPromptTokens: 1900,
  maxProposalTokens: 60,
  maxSolutionTokens: 60,
  learningRate: 1e-3,
  evaluateEvery: 0,
  checkpointEvery: 1,
};

const tinyConfig: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 2,
  proposalsPerMode: 4,
  rolloutsPerTask: 3,
  seedTasksPerMode: 5,
  seedRounds: 2,
  maxProposalTokens: 32,
  maxSolutionTokens: 24,
  evaluateEvery: 0,
  checkpointEvery: 1,
};

function metricsText(folder: string): string {
  return Deno.readTextFileSync(join(folder, "metrics.jsonl"));
}

/** All files of a run, one after the other. */
function textOf(folder: string): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? textOf(path) : Deno.readTextFileSync(path);
  }).join("\n");
}

/** Every proposal and rollout has a cause; the causes in the metrics add up to them. */
function checkAccounts(folder: string): void {
  for (const { step, propose, solve } of readMetrics(folder)) {
    const tasks = readTasks(folder).filter((row) => row.step === step);
    const rollouts = readRollouts(folder).filter((row) => row.step === step);
    assert.ok(tasks.every(({ cause }) => cause !== "" && cause !== "unread"));
    assert.ok(
      rollouts.every(({ cause }) => cause !== "" && cause !== "unread"),
    );
    const proposed = Object.values(propose);
    const failures = proposed.flatMap((mode) =>
      Object.values(mode.failureCauses)
    );
    const valid = tasks.filter(({ status }) => status === "valid");
    assert.equal(sum(failures) + valid.length, tasks.length);
    assert.equal(sum(proposed.map((mode) => mode.proposals)), tasks.length);
    const graded = Object.values(solve);
    const grades = graded.flatMap((mode) => Object.values(mode.gradeCauses));
    assert.equal(sum(grades), rollouts.length);
    assert.equal(sum(graded.map((mode) => mode.rollouts)), rollouts.length);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

Deno.test("a language model of Qwen's shape plays the chat dialect", async (t) => {
  const parent = await Deno.makeTempDir({ prefix: "play-test-" });
  const model = join(parent, "qwen");
  await writeChatModel(model);
  assert.equal(dialectOf(await Tokenizer.fromFolder(model)), "chat");

  for (
    const [loraRank, answerEnd] of [[0, "answer-tag"], [
      2,
      "end-token",
    ]] as const
  ) {
    const config = { ...chatConfig, answerEnd };
    const engine: EngineConfig = { ...ENGINES.local, model, loraRank };
    const name = loraRank === 0 ? "all weights" : `LoRA rank ${loraRank}`;
    const folder = join(parent, `run-${loraRank}`);

    await t.step(`${name}: noise is counted, cause by cause`, async () => {
      const outcome = await playModel({ engine, config, folder });
      assert.deepEqual(outcome, { step: 2, finished: true });
      checkAccounts(folder);
      const metrics = readMetrics(folder);
      const causes = new Set(
        metrics.flatMap(({ solve }) =>
          Object.values(solve).flatMap((mode) => Object.keys(mode.gradeCauses))
        ),
      );
      assert.ok(causes.has("unclosedThought"), [...causes].join());
      const rollouts = readRollouts(folder);
      assert.ok(rollouts.some(({ cut }) => cut));
      for (const { cut, response, responseTokens } of rollouts) {
        if (cut) assert.equal(responseTokens, 60);
        const end = response.indexOf("</answer>");
        if (end < 0 || answerEnd === "end-token") continue;
        assert.equal(end + "</answer>".length, response.length);
        assert.equal(cut, false);
      }
      // At the tag a response ends; up to the end token it may go on behind the tag.
      assert.ok(rollouts.some(({ response }) => {
        const end = response.indexOf("</answer>") + "</answer>".length;
        const rest = response.slice(end);
        return response.includes("</answer>") &&
          (answerEnd === "answer-tag" ? rest === "" : rest !== "");
      }));
      // Equal rewards leave no advantage; the entropy bonus still takes a step.
      assert.ok(metrics.slice(1).every((row) => row.gradientNorm! > 0));
      const { engineConfig } = readManifest(folder);
      assert.deepEqual(engineConfig, engine);
    });

    await t.step(`${name}: resumed, it ends with the same bytes`, async () => {
      const stopped = join(parent, `stopped-${loraRank}`);
      const stop = new AbortController();
      await playModel({
        engine,
        config,
        folder: stopped,
        stop: stop.signal,
        onEvent: ({ type, step }) => {
          if (type === "updated" && step === 1) stop.abort();
        },
      });
      assert.notEqual(metricsText(stopped), metricsText(folder));
      await playModel({
        engine,
        config,
        folder: stopped,
        resume: true,
      });
      assert.equal(metricsText(stopped), metricsText(folder));
    });
  }

  await t.step("another engine may not go on with a run", async () => {
    const engine = { ...ENGINES.local, model };
    await assert.rejects(
      playModel({
        engine,
        config: chatConfig,
        folder: join(parent, "run-2"),
        resume: true,
      }),
      /begun with another engine: "loraRank" was 2 and is 0\. Resume with/,
    );
  });

  await t.step(
    "what does not fit the model is refused, and leaves no folder",
    async () => {
      await assert.rejects(
        playModel({
          engine: { ...ENGINES.local, model },
          config: tinyConfig,
          folder: join(parent, "never"),
        }),
        /"dialect" is "compact", but the vocabulary of .* belongs to "chat"/,
      );
      await assert.rejects(
        playModel({
          engine: { ...ENGINES.local, model },
          config: { ...chatConfig, maxPromptTokens: 5000 },
          folder: join(parent, "never"),
        }),
        /"maxPromptTokens" is 5000, but qwen2-2x16 reads 2048 tokens/,
      );
      // The paper's settings on a Tinker server: the field to change is named.
      const [code, said] = await command([
        ...["--engine", "tinker", "--model", "qwen", "--tokenizer", model],
        ...["--address", "http://127.0.0.1:1", "--out", join(parent, "never")],
      ]);
      assert.equal(code, 2);
      assert.match(said, /"entropyCoefficient" is 0\.001, .* set it to 0/);
      assert.throws(() => Deno.statSync(join(parent, "never")));
    },
  );
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a tiny model plays by name, here and behind a server", async (t) => {
  const parent = await Deno.makeTempDir({ prefix: "play-test-" });
  const model = join(parent, "taught");
  const tokenizer = characterTokenizer();
  const taught = await taughtEngine(tokenizer, 100);
  await taught.save(model);
  await tokenizer.save(model);
  assert.equal(dialectOf(await Tokenizer.fromFolder(model)), "compact");
  const settings = ["proposalsPerMode=4", "rolloutsPerTask=3"]
    .concat("seedTasksPerMode=5", "seedRounds=2", "evaluateEvery=0")
    .concat("maxProposalTokens=32", "maxSolutionTokens=24", "checkpointEvery=1")
    .flatMap((setting) => ["--set", setting]);

  await t.step(
    "from the command line, with the settings of its dialect",
    async () => {
      const out = join(parent, "command");
      const asked = ["--model", model, "--out", out, ...settings];
      assert.deepEqual(await command([...asked, "--steps", "1"]), [0, ""]);
      assert.deepEqual(
        await command(["--out", out, "--resume", "--steps", "2"]),
        [0, ""],
      );
      const folder = join(parent, "function");
      const engine = { ...ENGINES.local, model };
      await playModel({ engine, config: tinyConfig, folder });
      assert.equal(metricsText(out), metricsText(folder));
      const [code, said] = await command([
        "--out",
        out,
        "--resume",
        "--lora",
        "4",
      ]);
      assert.equal(code, 2);
      assert.match(
        said,
        /"loraRank": .* holds a run with 0, not 4; leave it out/,
      );
    },
  );

  await t.step("behind a server it plays without being trained", async () => {
    await using server = new ServedModel(taught, tokenizer);
    const folder = join(parent, "served");
    const engine: EngineConfig = {
      ...ENGINES.openai,
      model: "taught",
      address: server.url,
      tokenizer: model,
    };
    const config: SelfPlayConfig = { ...tinyConfig, updates: "none" };
    Deno.env.set("OPENAI_API_KEY", "open-sesame");
    await playModel({ engine, config, folder });
    Deno.env.delete("OPENAI_API_KEY");
    assert.ok(server.keys.every((key) => key === "Bearer open-sesame"));
    assert.ok(!textOf(folder).includes("sesame"), "the key was written");
    checkAccounts(folder);
    const metrics = readMetrics(folder);
    for (const row of metrics) {
      assert.deepEqual([row.loss, row.trainedSequences], [null, 0]);
    }
    const tasks = readTasks(folder).filter(({ step }) => step > 0);
    const valid = tasks.filter(({ status }) => status === "valid");
    assert.ok(valid.length > 0, "no proposal was valid");
    assert.ok(valid.every(({ solveRate }) => solveRate !== null));
    assert.ok(metrics[2].bufferSizes.deduction! > 1);
    assert.ok(server.requests.every(({ stop }) => stop?.[0] === "<eos>"));

    const count = server.requests.length;
    await playModel({
      engine,
      config: { ...config, steps: 3 },
      folder,
      resume: true,
    });
    assert.equal(readMetrics(folder).length, 4);
    assert.ok(server.requests.length > count);
  });

  await t.step(
    "training on it is refused before anything is asked",
    async () => {
      await using server = new ServedModel(taught, tokenizer);
      const out = join(parent, "refused");
      const [code, said] = await command([
        ...["--engine", "openai", "--model", "taught", "--address", server.url],
        ...["--tokenizer", model, "--out", out, ...settings],
      ]);
      assert.equal(code, 2);
      assert.match(said, /"updates" is "policy-gradient", which .*openai/);
      assert.match(
        said,
        /set it to "none", to propose and solve without training/,
      );
      assert.equal(server.requests.length, 0);
      assert.throws(() => Deno.statSync(out), Deno.errors.NotFound);
    },
  );
  taught.dispose();
  await Deno.remove(parent, { recursive: true });
});

Deno.test("adapters are trained on a base that stays as it is", async () => {
  const parent = await Deno.makeTempDir({ prefix: "play-test-" });
  const model = join(parent, "qwen");
  await writeChatModel(model);
  const folder = join(parent, "run");
  // Given as a path from here, it is found from anywhere.
  const given = relative(Deno.cwd(), model);
  const engine = { ...ENGINES.local, model: given, loraRank: 2 };
  await playModel({ engine, config: { ...chatConfig, steps: 1 }, folder });
  const saved = join(folder, "checkpoints", "step-000001", "engine");
  const files = [...Deno.readDirSync(saved)].map(({ name }) => name).sort();
  assert.ok(files.includes("adapter_model.safetensors"), files.join());
  assert.ok(!files.includes("model.safetensors"), files.join());
  const config = join(saved, "adapter_config.json");
  const { base_model_name_or_path } = JSON.parse(Deno.readTextFileSync(config));
  assert.equal(base_model_name_or_path, model);
  assert.equal(readManifest(folder).engineConfig?.model, model);
  const scored = [{ promptTokens: [5, 6, 7], responseTokens: [8, 9] }];
  const base = await LocalEngine.fromFolder(model);
  const adapted = await LocalEngine.fromFolder(saved);
  assert.notDeepEqual(
    await base.logProbs(scored),
    await adapted.logProbs(scored),
  );
  base.dispose();
  adapted.dispose();
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a preset's base model is played by adapters, or another model in its words", async () => {
  const parent = await Deno.makeTempDir({ prefix: "play-test-" });
  const common = { preset: MICRO, seed: 1, cacheFolder: join(parent, "base") };
  const folder = join(parent, "run");
  const engine = { ...ENGINES.local, loraRank: 2 };
  const outcome = await runExperiment({ ...common, engine, folder });
  assert.deepEqual(outcome, { step: 2, finished: true });
  const { engineConfig, experiment } = readManifest(folder);
  assert.deepEqual(engineConfig, engine);
  assert.match(String(experiment.baseModel), /^[0-9a-f]{16}$/);

  const model = join(parent, "qwen");
  await writeChatModel(model);
  const other = join(parent, "other");
  await assert.rejects(
    runExperiment({
      ...common,
      engine: { ...ENGINES.local, model },
      folder: other,
    }),
    /"model": its vocabulary belongs to the dialect "chat", .*"micro"/,
  );
  assert.throws(() => Deno.statSync(other), Deno.errors.NotFound);
  await Deno.remove(parent, { recursive: true });
});

/** Runs the command line; its exit code and what it said to standard error. */
async function command(args: string[]): Promise<[number, string]> {
  const { log, error } = console;
  const said: string[] = [];
  console.log = () => {};
  console.error = (text: string) => said.push(text);
  try {
    return [await main(args), said.join("\n")];
  } finally {
    Object.assign(console, { log, error });
  }
}
