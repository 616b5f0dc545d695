/**
 * The sampling-only engine against small servers that answer as vLLM does
 * ("tokens") and as the plainest servers do ("text", one choice, no log-probs).
 */
import assert from "node:assert/strict";
import type { JsonObject } from "../../lib/engines/http.ts";
import { OpenAiEngine, type OpenAiOptions } from "../../lib/engines/openai.ts";
import { SamplingOnlyError } from "../../lib/engines/openai_answer.ts";
import { AnsweringServer } from "./answering_server.ts";

/** Token n is the letter with code n; the newline is the stop token. */
const letters = {
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
  decode: (ids: readonly number[]) => String.fromCharCode(...ids),
  decodePrompt: (ids: readonly number[]) => String.fromCharCode(...ids),
};
const STOP = 10;
const PROMPT = letters.encode("2+2=");
const OPTIONS = { temperature: 0.7, topP: 0.9, stopTokens: [STOP] };

class Server extends AnsweringServer {
  constructor(answer: (body: JsonObject) => unknown) {
    super((body, path) => {
      assert.equal(path, "/v1/completions");
      return answer(body);
    });
  }
}

function connect(server: Server, options: Partial<OpenAiOptions> = {}) {
  const engine = new OpenAiEngine({
    url: server.url,
    model: "served",
    tokenizer: letters,
    contextLength: 32,
    patience: { reconnectSeconds: 0.3 },
    ...options,
  });
  return { engine, [Symbol.dispose]: () => engine.dispose() };
}

const ask = (seed: number, count: number) => ({
  promptTokens: PROMPT,
  count,
  maxNewTokens: 8,
  seed,
});

Deno.test("token prompts: numbers go out and come back, log-probabilities with them", async () => {
  await using server = new Server((body) => ({
    choices: Array.from({ length: Number(body.n) }, () => ({
      finish_reason: "stop",
      stop_reason: STOP,
      token_ids: [52, STOP],
      logprobs: { token_logprobs: [-0.5, -0.25] },
    })),
  }));
  using client = connect(server, { promptForm: "tokens", apiKey: "k" });
  const [samples] = await client.engine.sample([ask(1, 2)], OPTIONS);
  const expected = {
    tokens: [52, STOP],
    logProbs: [-0.5, -0.25],
    finish: "stop",
  };
  assert.deepEqual(samples, [expected, expected]);
  assert.equal(server.headers[0].get("authorization"), "Bearer k");
  const { seed, ...body } = server.bodies[0];
  assert.ok(Number(seed) >= 0 && Number(seed) < 2 ** 31);
  assert.deepEqual(body, {
    model: "served",
    prompt: PROMPT,
    temperature: 0.7,
    top_p: 0.9,
    logprobs: 1,
    stop_token_ids: [STOP],
    return_token_ids: true,
    skip_special_tokens: false,
    n: 2,
    max_tokens: 8,
  });
});

Deno.test("text prompts: only standard fields, the stop token put back, missing log-probs NaN", async () => {
  await using server = new Server(() => ({
    choices: [{ finish_reason: "stop", text: "4" }],
  }));
  using client = connect(server);
  const [samples] = await client.engine.sample([ask(1, 3)], OPTIONS);
  const expected = { tokens: [52, STOP], logProbs: [NaN, NaN], finish: "stop" };
  assert.deepEqual(samples, [expected, expected, expected]);
  // The server gives one choice whatever n says, so it is asked again, with other seeds.
  assert.deepEqual(server.bodies.map((body) => body.n), [3, 2, 1]);
  assert.equal(new Set(server.bodies.map((body) => body.seed)).size, 3);
  const fields = Object.keys(server.bodies[0]).sort();
  assert.deepEqual(fields, [
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "prompt",
    "seed",
    "stop",
    "temperature",
    "top_p",
  ]);
  assert.equal(server.bodies[0].prompt, "2+2=");
  assert.deepEqual(server.bodies[0].stop, ["\n"]);
});

Deno.test("the same request seed gives the same server seeds, another one others", async () => {
  await using server = new Server(() => ({
    choices: [{ finish_reason: "length", text: "4" }],
  }));
  using client = connect(server);
  await client.engine.sample([ask(1, 1)], OPTIONS);
  await client.engine.sample([ask(1, 1)], OPTIONS);
  await client.engine.sample([ask(2, 1)], OPTIONS);
  const [a, b, c] = server.bodies.map((body) => body.seed);
  assert.equal(a, b);
  assert.notEqual(a, c);
});

Deno.test("of several stop tokens, the one the server names is put back", async () => {
  const named: unknown[] = [";", 59, undefined];
  await using server = new Server(() => ({
    choices: [{ finish_reason: "stop", text: "4", stop_reason: named.shift() }],
  }));
  using client = connect(server);
  const options = { ...OPTIONS, stopTokens: [STOP, 59] };
  for (const token of [59, 59, STOP]) {
    const [[sample]] = await client.engine.sample([ask(1, 1)], options);
    assert.deepEqual(sample.tokens, [52, token]);
  }
});

Deno.test("a cut answer keeps its tokens, and a full window asks nothing", async () => {
  await using server = new Server(() => ({
    choices: [{
      finish_reason: "length",
      text: "44",
      logprobs: { token_logprobs: [-1, -2] },
    }],
  }));
  using client = connect(server, { contextLength: 6 });
  const long = { ...ask(1, 1), promptTokens: letters.encode("123456") };
  const [[cut], [none]] = await client.engine.sample(
    [ask(1, 1), long],
    OPTIONS,
  );
  assert.deepEqual(cut, {
    tokens: [52, 52],
    logProbs: [-1, -2],
    finish: "length",
  });
  assert.deepEqual(none, { tokens: [], logProbs: [], finish: "length" });
  assert.deepEqual(server.bodies.map((body) => body.max_tokens), [2]);
});

Deno.test("scoring reads the response's part of prompt_logprobs", async () => {
  await using server = new Server(({ prompt }) => ({
    choices: [{
      text: "",
      prompt_logprobs: (prompt as number[]).map((token, i) =>
        i === 0 ? null : { 1: { logprob: -99 }, [token]: { logprob: -i } }
      ),
    }],
  }));
  using client = connect(server, { promptForm: "tokens" });
  const scored = { promptTokens: PROMPT, responseTokens: [52, STOP] };
  assert.deepEqual(await client.engine.logProbs([scored]), [[-4, -5]]);
  using plain = connect(server);
  await assert.rejects(
    () => plain.engine.logProbs([scored]),
    /promptForm: "tokens"/,
  );
});

Deno.test("what a sampling engine cannot do is refused by name", async () => {
  await using server = new Server(() => ({}));
  using client = connect(server);
  await assert.rejects(
    () => client.engine.trainStep(),
    (error) =>
      error instanceof SamplingOnlyError && error.message.includes("trainStep"),
  );
  const banned = { ...OPTIONS, bannedTokens: [1] };
  await assert.rejects(() => client.engine.sample([], banned), /bannedTokens/);
  await assert.rejects(
    () => client.engine.sample([], { ...OPTIONS, topK: 5 }),
    /options\.topK/,
  );
  assert.deepEqual(server.bodies, []);
});

Deno.test("a saved state names the model and fits no other", async () => {
  const folder = await Deno.makeTempDir();
  await using server = new Server(() => ({}));
  using client = connect(server);
  await client.engine.save(`${folder}/state`);
  await client.engine.load(`${folder}/state`);
  using other = connect(server, { model: "another" });
  await assert.rejects(
    () => other.engine.load(`${folder}/state`),
    /saved with model served, but this engine has another/,
  );
  await assert.rejects(
    () => client.engine.load(`${folder}/nothing`),
    /nothing.*give the folder that save\(\) wrote/,
  );
  await Deno.remove(folder, { recursive: true });
});

const STOP_TEXT = { strings: ["</a>"], decode: letters.decode };

Deno.test("text prompts: the closing tag that a server leaves out is put back", async () => {
  const texts = ["x<a>4", "x<a>4</a> and on", "no tag"];
  await using server = new Server(() => ({
    choices: texts.map((text) => ({ finish_reason: "stop", text })),
  }));
  using client = connect(server);
  const options = { ...OPTIONS, stopText: STOP_TEXT };
  const request = { ...ask(1, 3), maxNewTokens: 16 };
  const [samples] = await client.engine.sample([request], options);
  assert.deepEqual(server.bodies[0].stop, ["\n", "</a>"]);
  assert.deepEqual(
    samples.map(({ tokens, finish }) => [letters.decode(tokens), finish]),
    [["x<a>4</a>", "stop"], ["x<a>4</a>", "stop"], ["no tag\n", "stop"]],
  );
});

Deno.test("token prompts: the stop string is asked for and kept, its log-probabilities too", async () => {
  const token_ids = letters.encode("<a>4</a>");
  const token_logprobs = token_ids.map((_, i) => -1 - i);
  await using server = new Server(() => ({
    choices: [{
      finish_reason: "stop",
      stop_reason: "</a>",
      token_ids,
      logprobs: { token_logprobs },
    }],
  }));
  using client = connect(server, { promptForm: "tokens" });
  const options = { ...OPTIONS, stopText: STOP_TEXT };
  const [[sample]] = await client.engine.sample([ask(1, 1)], options);
  const { stop, include_stop_str_in_output } = server.bodies[0];
  assert.deepEqual([stop, include_stop_str_in_output], [["</a>"], true]);
  assert.deepEqual(sample, {
    tokens: token_ids,
    logProbs: token_logprobs,
    finish: "stop",
  });
});

Deno.test("more than was asked for is cut: choices, tokens, numbers that are none", async () => {
  const choice = {
    finish_reason: "stop",
    token_ids: Array(99).fill(52),
    logprobs: { token_logprobs: [null, "x", ...Array(97).fill(-1)] },
  };
  await using server = new Server(() => ({ choices: Array(7).fill(choice) }));
  using client = connect(server, { promptForm: "tokens" });
  const [samples] = await client.engine.sample([ask(1, 2)], OPTIONS);
  const expected = {
    tokens: Array(8).fill(52),
    logProbs: [NaN, NaN, ...Array(6).fill(-1)],
    finish: "length",
  };
  assert.deepEqual(samples, [expected, expected]);
  assert.equal(server.bodies.length, 1);

  await using talker = new Server(() => ({
    choices: [{ finish_reason: "stop", text: "4".repeat(99), logprobs: "?" }],
  }));
  using text = connect(talker);
  const [[said]] = await text.engine.sample([ask(1, 1)], OPTIONS);
  assert.deepEqual(said.tokens, Array(8).fill(52));
  assert.equal(said.finish, "length");
});

Deno.test("wrong answers name the field or the cure", async () => {
  const answers = [
    { choices: [] },
    { choices: [null] },
    { choices: [{ finish_reason: "stop" }] },
    new Response("<html>", { status: 200 }),
    Response.json({ error: { message: "no such model" } }, { status: 404 }),
    Response.json({ error: "bad key" }, { status: 401 }),
  ];
  await using server = new Server(() => answers.shift());
  using client = connect(server);
  for (
    const message of [
      /"choices" should be a list that is not empty/,
      /"choices\[\]" should be an object/,
      /"choices\[\]\.text" should be a text/,
      /not JSON: <html>.*…\/v1\?/,
      /HTTP 404: no such model\. Is the model served under this name/,
      /HTTP 401: bad key\. Give the key as apiKey or in OPENAI_API_KEY/,
    ]
  ) {
    await assert.rejects(
      () => client.engine.sample([ask(1, 1)], OPTIONS),
      message,
    );
  }
  await using old = new Server(() => ({ choices: [{ text: "4" }] }));
  using tokens = connect(old, { promptForm: "tokens" });
  await assert.rejects(
    () => tokens.engine.sample([ask(1, 1)], OPTIONS),
    /no field "choices\[\]\.token_ids"; use promptForm: "text"/,
  );
  for (const token_ids of [[-1], [1.5], ["4"], [null]]) {
    await using mad = new Server(() => ({ choices: [{ token_ids }] }));
    using client = connect(mad, { promptForm: "tokens" });
    await assert.rejects(
      () => client.engine.sample([ask(1, 1)], OPTIONS),
      /"choices\[\]\.token_ids" should be a list of token numbers/,
    );
  }
});
