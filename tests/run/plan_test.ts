import assert from "node:assert/strict";
import { type EngineConfig, ENGINES } from "../../lib/engines/engine_config.ts";
import { presetNamed } from "../../lib/lab/presets.ts";
import type { Manifest } from "../../lib/run/manifest.ts";
import { PAPER_CONFIG } from "../../lib/method/config.ts";
import { OPTIONS, parseArguments } from "../../tasks/selfplay/arguments.ts";
import { chosen, planOf, presetWith } from "../../tasks/selfplay/plan.ts";
import { writeChatModel } from "./chat_model.ts";

Deno.test("a preset's world speaks the language of the settings", () => {
  const smoke = presetNamed("smoke");
  const same = presetWith(smoke, smoke.selfPlay);
  assert.deepEqual(same, smoke);
  const python = presetWith(smoke, { ...smoke.selfPlay, language: "python" });
  assert.equal(python.world.language, "python");
  assert.throws(
    () => presetWith(smoke, { ...smoke.selfPlay, language: "typescript" }),
    /config field "language": presets have worlds in javascript and python/,
  );
});

/** A value for each option that takes one, other than the default. */
const VALUES: Record<string, string> = {
  "--preset": "default",
  "--seed": "7",
  "--out": "elsewhere",
  "--steps": "9",
  "--set": "references=0",
  "--engine": "tinker",
  "--model": "MODEL",
  "--lora": "4",
  "--micro-batch": "64",
  "--weights": "bfloat16",
  "--address": "http://127.0.0.1:9/v1",
  "--tokenizer": "MODEL",
  "--form": "chat",
  "--context": "512",
  "--reconnect-seconds": "7",
  "--request-seconds": "7",
  "--cache": "elsewhere",
  "--evaluate": "9",
  "--during": "gsm8k",
  "--data": "elsewhere",
};

/** Command lines to which one more option is added, one for each engine and none for a model. */
const LINES = [
  "",
  "--lora 2",
  "--engine tinker --set entropyCoefficient=0",
  "--model MODEL",
  "--engine openai --model served --tokenizer MODEL --set updates=none",
];

Deno.test("every option changes what is played, or is refused", async (t) => {
  const model = await Deno.makeTempDir({ prefix: "plan-" });
  await writeChatModel(model);
  const plan = async (line: string[]) =>
    JSON.stringify(
      await planOf(parseArguments(
        line.map((word) => word === "MODEL" ? model : word),
      )),
    );
  const options = Object.keys(OPTIONS).filter((option) => option in VALUES);
  const switches = ["--resume", "--list", "--dry", "--help"];
  assert.deepEqual(
    [...options, ...switches].sort(),
    Object.keys(OPTIONS).sort(),
  );
  for (const line of LINES) {
    const words = line.split(" ").filter((word) => word !== "");
    const before = await plan(words);
    for (const option of options) {
      if (words.includes(option)) continue;
      await t.step(`${line} ${option}`, async () => {
        let after: string;
        try {
          after = await plan([...words, option, VALUES[option]]);
        } catch (error) {
          assert.match(
            (error as Error).message,
            new RegExp(`"${fieldOf(option)}"|${option}`),
          );
          return;
        }
        assert.notEqual(after, before);
      });
    }
  }
  await Deno.remove(model, { recursive: true });
});

/** The engine's field behind an option, by which a refusal may name it. */
function fieldOf(option: string): string {
  return {
    "--lora": "loraRank",
    "--micro-batch": "microBatchTokens",
    "--context": "contextLength",
    "--reconnect-seconds": "reconnectSeconds",
    "--request-seconds": "requestSeconds",
    "--engine": "loraRank|address|entropyCoefficient|dialect|tokenizer",
  }[option] ?? option.slice(2);
}

Deno.test("the list shows the settings that apply to a model, and what was set", async () => {
  const model = await Deno.makeTempDir({ prefix: "plan-" });
  await writeChatModel(model);
  const words = ["--list", "--model", model, "--set", "dialect=code"];
  const { preset, config } = await chosen(parseArguments(words));
  assert.equal(preset, null);
  assert.deepEqual(config, { ...PAPER_CONFIG, dialect: "code" });
  await Deno.remove(model, { recursive: true });
});

Deno.test("a seed is set by either option, and never ignored", async () => {
  const seedOf = async (line: string) =>
    (await planOf(parseArguments(line.split(" ")))).config.seed;
  assert.equal(await seedOf("--set seed=7"), 7);
  assert.equal(await seedOf("--seed 7 --set seed=7"), 7);
  assert.equal(await seedOf("--seed 99999999999"), 99999999999);
  await assert.rejects(seedOf("--seed 7 --set seed=8"), /--set seed=8 differ/);
  for (const wrong of ["1.5", "1e30", "-1"]) {
    await assert.rejects(
      seedOf(`--set seed=${wrong}`),
      /config field "seed" must be a whole number of at least 0/,
    );
  }
});

Deno.test("a run that is not there is not resumed, and the one that is meant is named", async () => {
  const parent = await Deno.makeTempDir({ prefix: "resume-" });
  await Deno.mkdir(`${parent}/first`);
  for (const name of ["config.json", "metrics.jsonl"]) {
    await Deno.writeTextFile(`${parent}/first/${name}`, "");
  }
  const resume = (out: string) =>
    planOf(parseArguments(["--resume", "--out", `${parent}/${out}`]));
  await assert.rejects(
    resume("frist"),
    ({ message }: Error) =>
      message.includes(`there is no run in ${parent}/frist. Did you mean `) &&
      message.includes(`${parent}/first? To begin one there, leave --resume`),
  );
  await Deno.mkdir(`${parent}/killed/checkpoints`, { recursive: true });
  assert.equal((await resume("killed")).resume, true);
  await Deno.mkdir(`${parent}/killed/checkpoints/step-000001`);
  await assert.rejects(
    resume("killed"),
    /has lost its config\.json: copy it from the newest folder in checkpoints/,
  );
  await Deno.remove(parent, { recursive: true });
});

Deno.test("the folders of a resumed run's engine may have moved, its name on a server may not", async () => {
  const parent = await Deno.makeTempDir({ prefix: "moved-" });
  const [model, moved] = [`${parent}/model`, `${parent}/moved`];
  for (const folder of [model, moved]) await writeChatModel(folder);
  const runOf = async (
    engineConfig: EngineConfig,
    resumed: Partial<Manifest["resumed"][number]>[] = [],
  ) => {
    const out = await Deno.makeTempDir({ dir: parent });
    await Deno.writeTextFile(
      `${out}/config.json`,
      JSON.stringify(PAPER_CONFIG),
    );
    const manifest = { experiment: {}, engineConfig, resumed };
    await Deno.writeTextFile(`${out}/manifest.json`, JSON.stringify(manifest));
    return (...more: string[]) =>
      planOf(parseArguments(["--resume", "--out", out, ...more]));
  };
  const local = await runOf({ ...ENGINES.local, model, loraRank: 4 });
  assert.equal((await local("--model", moved)).engine.model, moved);
  // Where it lay when the run was last resumed, it is looked for first.
  const gone = { ...ENGINES.local, model: "/gone", loraRank: 4 };
  const again = await runOf(gone, [{ moved: { model } }, { afterStep: 2 }]);
  assert.equal((await again()).engine.model, model);
  await assert.rejects(local("--lora", "8"), /"loraRank".*run with 4, not 8/);
  const served = { ...ENGINES.openai, model: "m", tokenizer: model };
  const server = await runOf(served);
  const address = "http://127.0.0.1:9/v1";
  const there = await server("--address", address, "--request-seconds", "9");
  assert.deepEqual(there.engine, { ...served, address, requestSeconds: 9 });
  await assert.rejects(
    server("--model", "n"),
    /"model".*run with "m", not "n"/,
  );
  // A manifest of before there were limits of time has their defaults.
  const { requestSeconds: _, reconnectSeconds: __, ...old } = served;
  const older = await runOf(old as EngineConfig);
  assert.equal((await older()).engine.reconnectSeconds, 120);
  await Deno.remove(parent, { recursive: true });
});
