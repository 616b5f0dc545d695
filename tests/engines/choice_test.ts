/** The engine by name: every wrong value is refused with its field and the cure. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkEngineConfig,
  type EngineConfig,
  ENGINES,
} from "../../lib/engines/engine_config.ts";
import { LocalEngine } from "../../lib/engines/local.ts";
import { OpenAiEngine } from "../../lib/engines/openai.ts";
import { openModel } from "../../lib/engines/choice.ts";
import { TinkerEngine } from "../../lib/engines/tinker/tinker.ts";
import { checkEngine } from "../../lib/method/engine_limits.ts";
import { PAPER_CONFIG, TINY_CONFIG } from "../../lib/method/config.ts";
import { writeChatModel } from "../run/chat_model.ts";
import { FakeTinker } from "./fake_tinker.ts";

Deno.test("an engine's config is checked field by field", async () => {
  const folder = await Deno.makeTempDir();
  const cases: [Partial<EngineConfig>, RegExp][] = [
    [{ model: folder }, /"model" .* no config\.json in it/],
    [{ address: "http://x" }, /"address" .* leave it out/],
    [{ loraRank: 1.5 }, /"loraRank" \(1\.5\) must be a whole number/],
    [{ contextLength: 9 }, /"contextLength" .* must be 0/],
    [{ ...ENGINES.tinker, loraRank: 0 }, /"loraRank" \(0\) must be at least 1/],
    [
      { ...ENGINES.tinker, address: "x" },
      /"address" .* http:\/\/127\.0\.0\.1:8000/,
    ],
    [
      { ...ENGINES.openai, form: "spoken" as "text" },
      /"form" \("spoken"\) must be one of tokens, text/,
    ],
    [{ ...ENGINES.openai, loraRank: 4 }, /"loraRank" .* does not train/],
  ];
  for (const [fields, message] of cases) {
    assert.throws(
      () => checkEngineConfig({ ...ENGINES.local, ...fields }),
      (error) => error instanceof RangeError && message.test(error.message),
    );
  }
  for (const config of Object.values(ENGINES)) checkEngineConfig(config);
  await assert.rejects(
    openModel(ENGINES.local, 1),
    /"model" .* is empty: give/,
  );
  const served = { ...ENGINES.tinker, model: "tiny" };
  await assert.rejects(
    openModel(served, 1),
    /"tokenizer" \(""\) give the folder on this machine/,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a secret in an address is refused and not repeated", () => {
  for (const address of ["http://me:hush@host/", "http://host/?key=hush"]) {
    assert.throws(
      () => checkEngineConfig({ ...ENGINES.tinker, address }),
      ({ message }: Error) =>
        /TINKER_API_KEY/.test(message) && !message.includes("hush"),
    );
  }
});

Deno.test("each name opens its engine", async () => {
  const folder = await Deno.makeTempDir();
  await writeChatModel(folder);
  const local = await openModel({ ...ENGINES.local, model: folder }, 1);
  assert.ok(local.engine instanceof LocalEngine);
  local.engine.dispose();

  await using server = new FakeTinker();
  const remote = await openModel({
    ...ENGINES.tinker,
    model: "tiny",
    address: server.url,
    loraRank: 4,
    tokenizer: folder,
  }, 7);
  assert.ok(remote.engine instanceof TinkerEngine);
  assert.equal(remote.engine.description.contextLength, 2048);
  const made = server.bodies.find((body) => body.base_model === "tiny");
  assert.deepEqual(made?.lora_config, { rank: 4, seed: 7 });
  await remote.engine.close();

  await using answers = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) =>
      (await request.json()).model === "served"
        ? Response.json({ choices: [{ text: "1", finish_reason: "length" }] })
        : Response.json({ error: "no such model" }, { status: 404 }),
  );
  const served: EngineConfig = {
    ...ENGINES.openai,
    model: "served",
    address: `http://127.0.0.1:${answers.addr.port}/v1`,
    tokenizer: folder,
  };
  await assert.rejects(
    openModel({ ...served, model: "other" }, 1),
    /HTTP 404: no such model\. Is the model served under this name/,
  );
  const plain = await openModel({ ...served, contextLength: 99 }, 1);
  assert.ok(plain.engine instanceof OpenAiEngine);
  assert.equal(plain.engine.description.contextLength, 99);
  plain.engine.dispose();
  await Deno.remove(join(folder, "config.json"));
  await assert.rejects(openModel(served, 1), /"contextLength" \(0\) is needed/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a config that an engine cannot play names the field to change", async () => {
  await using server = new FakeTinker();
  await using tinker = await TinkerEngine.connect({
    url: server.url,
    baseModel: "tiny",
    contextLength: 16384,
  });
  const refused = (change: object, message: RegExp) =>
    assert.throws(
      () => checkEngine({ ...PAPER_CONFIG, ...change }, tinker),
      message,
    );
  refused({}, /"entropyCoefficient" is 0\.001.*set it to 0, or use the local/);
  const without = { entropyCoefficient: 0 };
  refused(
    { ...without, temperature: 0.5 },
    /"temperature" is 0\.5.*set it to 1/,
  );
  refused({ ...without, maxPromptTokens: 20000 }, /"maxPromptTokens" is 20000/);
  const { dialect, ...rest } = TINY_CONFIG;
  refused(
    { ...rest, dialect, thinking: "banned" },
    /"thinking" is "banned".*"free"/,
  );
  checkEngine({ ...PAPER_CONFIG, ...without }, tinker);
  checkEngine({ ...PAPER_CONFIG, updates: "none" }, tinker);

  const served = new OpenAiEngine({
    url: "http://127.0.0.1:1/v1",
    model: "served",
    tokenizer: { encode: () => [], decode: () => "", decodePrompt: () => "" },
    contextLength: 16384,
  });
  assert.throws(
    () => checkEngine({ ...PAPER_CONFIG, ...without }, served),
    /"updates" is "policy-gradient".*set it to "none"/,
  );
  checkEngine({ ...PAPER_CONFIG, updates: "none" }, served);
  served.dispose();
});
