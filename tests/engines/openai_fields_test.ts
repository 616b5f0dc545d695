/** A server that refuses a field: it is used without, unless the field is needed. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../lib/engines/http.ts";
import { OpenAiEngine, type OpenAiOptions } from "../../lib/engines/openai.ts";
import type { EngineSamplingOptions, Sample } from "../../lib/method/engine.ts";
import { AnsweringServer } from "./answering_server.ts";

/** Token n is the letter with code n; the newline is the stop token. */
const letters = {
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
  decode: (ids: readonly number[]) => String.fromCharCode(...ids),
  decodePrompt: (ids: readonly number[]) => String.fromCharCode(...ids),
};
const OPTIONS = {
  temperature: 1,
  topP: 1,
  stopTokens: [10, 11, 12, 13],
  stopText: { strings: ["</a>"], decode: letters.decode },
};
const REQUEST = {
  promptTokens: letters.encode("2+2="),
  count: 3,
  maxNewTokens: 30,
  seed: 1,
};
const FORMS = ["text", "chat", "tokens"] as const;

/** What a model would go on to write, cut where this server was told to. */
function answer(body: JsonObject): JsonObject {
  const whole = "<a>4</a> and on\nand on";
  const stop = (body.stop ?? []) as string[];
  const at = stop.map((one) => whole.indexOf(one)).filter((i) => i >= 0);
  const end = Math.min(whole.length, ...at);
  const kept = body.include_stop_str_in_output ? "</a>".length : 0;
  const text = whole.slice(0, end + kept);
  const choice = {
    text,
    message: { content: text },
    token_ids: letters.encode(text),
    finish_reason: end < whole.length ? "stop" : "length",
  };
  return { choices: new Array(Number(body.n ?? 1)).fill(choice) };
}

function engineOf(
  server: AnsweringServer,
  promptForm: OpenAiOptions["promptForm"],
  notes: string[] = [],
) {
  return new OpenAiEngine({
    url: server.url,
    model: "served",
    tokenizer: letters,
    contextLength: 64,
    promptForm,
    company: { tell: (note) => notes.push(note) },
  });
}

/** Fields without which an answer would be another one, or none. */
const NEEDED: Record<string, string[]> = {
  text: ["model", "prompt", "max_tokens"],
  chat: ["model", "messages", "max_tokens"],
  tokens: ["model", "prompt", "max_tokens", "return_token_ids"],
};

/** Answers, but refuses every body in which it sees the field. */
function refusing(field: string, words: string) {
  const refused: JsonObject[] = [];
  const server = new AnsweringServer((body) => {
    const sees = field === "n" ? Number(body.n ?? 1) > 1 : field in body;
    if (!sees) return answer(body);
    refused.push(body);
    return Response.json({ error: { message: words } }, { status: 400 });
  });
  return { server, refused };
}

for (const form of FORMS) {
  Deno.test(`${form}: a field that a server refuses is left out, or its refusal told`, async (t) => {
    await using open = new AnsweringServer(answer);
    const engine = engineOf(open, form);
    const wanted = await engine.sample([REQUEST, REQUEST], OPTIONS);
    engine.dispose();
    assert.equal(letters.decode(wanted[0][0].tokens), "<a>4</a>");
    for (const field of Object.keys(open.bodies[0])) {
      for (const words of [`${field} is not supported`, "Bad request"]) {
        await t.step(words === "Bad request" ? field : words, async () => {
          await checkRefused(form, field, words, wanted);
        });
      }
    }
  });
}

async function checkRefused(
  form: typeof FORMS[number],
  field: string,
  words: string,
  wanted: Sample[][],
): Promise<void> {
  const { server, refused } = refusing(field, words);
  await using _ = server;
  const notes: string[] = [];
  const engine = engineOf(server, form, notes);
  try {
    const asked = engine.sample([REQUEST, REQUEST], OPTIONS);
    if (NEEDED[form].includes(field)) {
      await assert.rejects(asked, new RegExp(`HTTP 400: ${words}`));
      assert.ok(server.bodies.length <= 8, `${server.bodies.length} requests`);
      assert.deepEqual(notes, []);
      return;
    }
    assert.deepEqual(await asked, wanted);
    // What was learnt is kept, and nothing else is left out.
    const before = refused.length;
    await engine.sample([REQUEST], OPTIONS);
    assert.equal(refused.length, before);
    const last = server.bodies.at(-1)!;
    const left = Object.keys(refused[0]).filter((one) =>
      one === "n" ? (last.n ?? 1) === 1 && field === "n" : !(one in last)
    );
    const together = ["stop", "include_stop_str_in_output"];
    const pair = form === "tokens" && together.includes(field);
    assert.deepEqual(left, pair ? together : [field]);
    assert.equal(notes.length, 1);
    assert.match(
      notes[0],
      /^the server refuses .*: requests leave that out \(/,
    );
  } finally {
    engine.dispose();
  }
}

/** One request to a server that answers so. */
async function asked(
  answers: (body: JsonObject) => unknown,
  options: Partial<EngineSamplingOptions> = {},
  form: typeof FORMS[number] = "text",
  request = REQUEST,
): Promise<{ samples: Sample[]; bodies: JsonObject[] }> {
  await using server = new AnsweringServer(answers);
  const engine = engineOf(server, form);
  try {
    const [samples] = await engine.sample([request], {
      ...OPTIONS,
      ...options,
    });
    return { samples, bodies: server.bodies };
  } finally {
    engine.dispose();
  }
}

const refusal = (message: string, status = 400) =>
  Response.json({ error: { message } }, { status });

Deno.test("llama.cpp's words for n, which do not name it, cost one request", async () => {
  const { samples, bodies } = await asked((body) =>
    Number(body.n ?? 1) > 1
      ? refusal("Only one completion choice is allowed")
      : answer(body)
  );
  assert.equal(samples.length, 3);
  assert.deepEqual(bodies.map(({ n }) => n ?? 1), [3, 1, 1, 1]);
});

Deno.test("of more than four stop strings the last four are kept", async () => {
  const { bodies } = await asked((body) =>
    (body.stop as string[] | undefined)?.length! > 4
      ? refusal("stop: array too long (max 4)")
      : answer(body)
  );
  // Asked with five, none, four and, to be sure, five again.
  assert.deepEqual(bodies.at(-2)?.stop, ["\v", "\f", "\r", "</a>"]);
});

Deno.test("a limit goes out under its newer name where the server asks for that", async () => {
  const words = "'max_tokens' is not supported. Use 'max_completion_tokens'.";
  const { bodies } = await asked(
    (body) => "max_tokens" in body ? refusal(words) : answer(body),
    {},
    "chat",
  );
  assert.equal(bodies.at(-1)?.max_completion_tokens, 30);
});

Deno.test("a temperature or top-p that matters is not left out", async () => {
  for (const [field, value] of [["temperature", 0.5], ["topP", 0.9]] as const) {
    await assert.rejects(
      asked(
        (body) =>
          (body.temperature ?? 1) !== 1 || (body.top_p ?? 1) !== 1
            ? refusal("only the default (1) is supported")
            : answer(body),
        { [field]: value },
      ),
      /HTTP 400: only the default \(1\) is supported/,
      field,
    );
  }
});

Deno.test("a log-probability that is no number ends nothing", async () => {
  const bare = (number: string) => () =>
    new Response(
      `{"choices": [{"text": "NaN: 4\\"</a>", "finish_reason": "stop",
        "logprobs": {"token_logprobs": [${number}]}}]}`,
    );
  for (const number of ["NaN", "-Infinity", "Infinity", "null", '"x"']) {
    const { samples } = await asked(bare(number));
    assert.equal(letters.decode(samples[0].tokens), 'NaN: 4"</a>');
    assert.ok(samples[0].logProbs.every(Number.isNaN), number);
  }
  // vLLM and SGLang fail at it instead; the request is made without.
  const failing = await asked((body) =>
    "logprobs" in body
      ? refusal("Out of range float values are not JSON compliant", 500)
      : answer(body)
  );
  assert.equal(failing.samples.length, 3);
  let failures = 0;
  await assert.rejects(
    asked(() => refusal(`out of memory ${++failures}`, 500)),
    /HTTP 500: out of memory 3/,
  );
});

Deno.test("chat: reasoning stands in the tag that the prompt opened, and no tag twice", async () => {
  const ask = (message: JsonObject) =>
    asked(
      () => ({ choices: [{ message, finish_reason: "stop" }] }),
      {},
      "chat",
      { ...REQUEST, promptTokens: letters.encode("2+2=<a>") },
    );
  const said = async (message: JsonObject) =>
    letters.decode((await ask(message)).samples[0].tokens);
  assert.equal(await said({ content: "4</a>" }), "4</a>");
  assert.equal(await said({ content: " <a>4</a>" }), "4</a>");
  assert.equal(await said({ reasoning_content: "4", content: "b" }), "4</a>");
  assert.equal(await said({ reasoning: "4", content: null }), "4\n");
  await assert.rejects(ask({ content: null }), /message\.content" should be a/);
  const { bodies } = await ask({ content: "4" });
  assert.deepEqual(bodies[0].messages, [{ role: "user", content: "2+2=<a>" }]);
});
