/** What a fault on the way to a server is told as, and when: at once where waiting cures nothing. */
import assert from "node:assert/strict";
import { HttpLine } from "../../lib/engines/http.ts";
import {
  faultHere,
  proxyRemark,
  retryAfterSeconds,
} from "../../lib/engines/http_faults.ts";
import { ENGINES } from "../../lib/engines/engine_config.ts";
import { OpenAiEngine } from "../../lib/engines/openai.ts";
import { openModel } from "../../lib/engines/choice.ts";
import {
  RemoteError,
  UnreachableError,
} from "../../lib/engines/remote_error.ts";
import type { Patience } from "../../lib/engines/waiting.ts";
import { writeChatModel } from "../run/chat_model.ts";
import { AnsweringServer } from "./answering_server.ts";

/** A wait of this length would fail the test by its own time limit. */
const PATIENT = { reconnectSeconds: 3600 };

async function failure(
  url: string,
  options: { headers?: Record<string, string>; patience?: Partial<Patience> } =
    {},
): Promise<Error> {
  const { headers = {}, patience = PATIENT } = options;
  const line = new HttpLine("server", `${url}/`, headers, patience);
  try {
    const request = { endpoint: "completions", body: {}, repeatable: true };
    const { status, text } = await line.exchange(request);
    return new Error(`HTTP ${status}: ${text}`);
  } catch (error) {
    return error as Error;
  } finally {
    line.close();
  }
}

Deno.test("a fault of this side is told at once, with its cure", async () => {
  await using server = new AnsweringServer(() => ({}));
  const { url } = server;
  const faults: [Promise<Error>, RegExp][] = [
    [failure(url.replace("http:", "https:")), /write http:\/\/ in the address/],
    [failure("http://no-such-machine.invalid"), /no machine is called no-such/],
    [
      failure(url, { headers: { authorization: "Bearer sk-ключ" } }),
      /the key may hold plain letters/,
    ],
    [
      failure(url, { headers: { authorization: "Bearer s\nk" } }),
      /the key may hold plain letters/,
    ],
  ];
  for (const [failed, message] of faults) {
    const error = await failed;
    assert.ok(error instanceof RemoteError, error.message);
    assert.match(error.message, message);
  }
  assert.deepEqual(server.bodies, []);
});

Deno.test("a certificate that is not trusted names Deno's two settings for it", () => {
  const told = faultHere(
    "client error (Connect): invalid peer certificate: UnknownIssuer",
    new URL("https://models.company.example/v1"),
  );
  assert.match(told ?? "", /models\.company\.example.*DENO_CERT=FILE\.pem/);
  assert.match(told ?? "", /DENO_TLS_CA_STORE=system/);
});

Deno.test("a proxy before a server on this machine is named; one for elsewhere is not", () => {
  const remark = (address: string, set: Record<string, string>) =>
    proxyRemark(new URL(address), (name) => set[name]);
  const here = "http://127.0.0.1:8000/v1";
  const http_proxy = "http://user:hush@proxy:3128";
  assert.match(
    remark(here, { http_proxy }),
    /^ http_proxy sends .*NO_PROXY=127\.0\.0\.1/,
  );
  assert.match(remark("https://[::1]/", { ALL_PROXY: "x" }), /NO_PROXY=::1 /);
  assert.ok(!remark(here, { http_proxy }).includes("hush"));
  for (
    const [address, set] of [
      [here, {}],
      [here, { https_proxy: "x" }],
      [here, { http_proxy, NO_PROXY: "example.org, 127.0.0.1" }],
      [here, { http_proxy, no_proxy: "*" }],
      ["http://10.0.0.1/", { http_proxy }],
    ] as [string, Record<string, string>][]
  ) assert.equal(remark(address, set), "");
});

Deno.test("a proxy that catches a server on this machine is told at once", async () => {
  await using server = new AnsweringServer(() => ({}));
  Deno.env.set("http_proxy", "http://127.0.0.1:9");
  try {
    const { message } = await failure(server.url);
    assert.match(message, /http_proxy sends .* set NO_PROXY=127\.0\.0\.1/);
    Deno.env.set("NO_PROXY", "127.0.0.1");
    assert.equal((await failure(server.url)).message, "HTTP 200: {}");
  } finally {
    Deno.env.delete("http_proxy");
    Deno.env.delete("NO_PROXY");
  }
});

Deno.test("Retry-After is a number of seconds, or a date", () => {
  const now = Date.parse("Sun, 29 Nov 2026 12:00:00 GMT");
  const after = (header: string | null) => retryAfterSeconds(header, now);
  assert.equal(after("4"), 4);
  assert.equal(after(" 0.5 "), 0.5);
  assert.equal(after("Sun, 29 Nov 2026 12:00:30 GMT"), 30);
  assert.equal(after("Sun, 29 Nov 2026 11:00:00 GMT"), 0);
  assert.equal(after("soon"), null);
  assert.equal(after(null), null);
});

function busy(status: number, message: string, headers: HeadersInit = {}) {
  return Response.json({ error: { message } }, { status, headers });
}

Deno.test("a busy server is asked again when it says, and not before", async () => {
  const times: number[] = [];
  await using server = new AnsweringServer(() => {
    times.push(performance.now());
    return times.length < 3
      ? busy(429, "slow down", { "retry-after": "1" })
      : { done: true };
  });
  const said = await failure(server.url);
  assert.equal(said.message, 'HTTP 200: {"done":true}');
  const pauses = times.slice(1).map((time, i) => time - times[i]);
  // Timers may ring early by less than a hundredth of a second.
  assert.ok(pauses.every((pause) => pause > 990), pauses.join(", "));
  assert.equal(times.length, 3);
});

Deno.test("who is asked to wait too long gives up at once and passes on the server's words", async () => {
  await using server = new AnsweringServer(() =>
    busy(503, "Loading model", { "retry-after": "7200" })
  );
  const error = await failure(server.url);
  assert.ok(error instanceof UnreachableError);
  assert.match(error.message, /HTTP 503: .*Loading model.*asks to wait 7200 s/);
  assert.match(error.message, /--reconnect-seconds/);
  assert.equal(server.bodies.length, 1);
});

Deno.test("an account that is used up and a redirect are final", async () => {
  await using server = new AnsweringServer((_, path) =>
    path.startsWith("/quota")
      ? busy(429, "You exceeded your current quota, please check your plan")
      : new Response(null, {
        status: 307,
        headers: { location: "http://elsewhere.invalid/v1" },
      })
  );
  const engine = (url: string) =>
    new OpenAiEngine({
      url,
      model: "served",
      tokenizer: {
        encode: () => [1],
        decode: () => "1",
        decodePrompt: () => "1",
      },
      contextLength: 9,
      patience: PATIENT,
    });
  const request = { promptTokens: [1], count: 1, maxNewTokens: 1, seed: 1 };
  for (
    const [url, message] of [
      [server.url, /HTTP 307: the server redirects to http:\/\/elsewh/],
      [
        server.url.replace("/v1", "/quota"),
        /HTTP 429: You exceeded your current quota, please check your plan\. Waiting/,
      ],
    ] as const
  ) {
    const client = engine(url);
    const options = { temperature: 1, stopTokens: [] };
    await assert.rejects(client.sample([request], options), message);
    client.dispose();
  }
  assert.equal(server.bodies.length, 2);
});

Deno.test("an answer that takes too long names the limit and the flag that raises it", async () => {
  const late = Promise.withResolvers<void>();
  await using server = new AnsweringServer(async () => {
    await late.promise;
    return {};
  });
  const patience = { reconnectSeconds: 3600, requestSeconds: 0.1 };
  const error = await failure(server.url, { patience });
  late.resolve();
  assert.match(error.message, /requestSeconds \(--request-seconds\)/);
  assert.match(error.message, /no answer within 0\.1 s/);
  assert.equal(server.bodies.length, 1);
});

Deno.test("a server that never answered is given up within ten seconds, a lost one is not", async () => {
  const started = performance.now();
  const error = await failure("http://127.0.0.1:9/v1", { patience: {} });
  const seconds = (performance.now() - started) / 1000;
  assert.ok(error instanceof UnreachableError);
  assert.ok(seconds > 3 && seconds < 12, `${seconds} s`);
  assert.match(
    error.message,
    /refused.*tried for 10 s at http:\/\/127.0.0.1:9/,
  );
  assert.match(error.message, /Start it first.*--reconnect-seconds.* than 120/);

  const notes: string[] = [];
  const server = new AnsweringServer(() => ({}));
  const line = new HttpLine("server", `${server.url}/`, {}, {}, {
    tell: (note) => notes.push(note),
  });
  const request = { endpoint: "completions", body: {}, repeatable: true };
  await line.exchange(request);
  await server[Symbol.asyncDispose]();
  const stop = AbortSignal.timeout(4000);
  await assert.rejects(line.exchange(request, stop), { name: "TimeoutError" });
  line.close();
  assert.match(notes[0], /, 11\d s more$/);
});

Deno.test("a server that is not there is waited for aloud, until one is told to stop", async () => {
  const folder = await Deno.makeTempDir({ prefix: "absent-" });
  await writeChatModel(folder);
  const stop = new AbortController();
  const notes: string[] = [];
  const engine = {
    ...ENGINES.openai,
    model: "served",
    tokenizer: folder,
    address: "http://127.0.0.1:9/v1",
    reconnectSeconds: 3600,
  };
  const tell = (note: string) => {
    notes.push(note);
    stop.abort();
  };
  await assert.rejects(openModel(engine, 1, { tell, stop: stop.signal }), {
    name: "AbortError",
  });
  assert.equal(notes.length, 1);
  assert.match(
    notes[0],
    /^waiting for http:\/\/127\.0\.0\.1:9\/v1\/ \(.*refused.*\), 359\d s more$/,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the limits of time are settings of the engine", async () => {
  const late = Promise.withResolvers<void>();
  await using server = new AnsweringServer(async () => {
    await late.promise;
    return {};
  });
  const folder = await Deno.makeTempDir({ prefix: "limits-" });
  await writeChatModel(folder);
  const engine = {
    ...ENGINES.openai,
    model: "served",
    tokenizer: folder,
    address: server.url,
  };
  await assert.rejects(
    openModel({ ...engine, requestSeconds: 0.1 }, 1),
    /no answer within 0\.1 s/,
  );
  late.resolve();
  const absent = { ...engine, address: "http://127.0.0.1:9/v1" };
  await assert.rejects(
    openModel({ ...absent, reconnectSeconds: 0.2 }, 1),
    /tried for 0\.2 s at/,
  );
  await Deno.remove(folder, { recursive: true });
});
