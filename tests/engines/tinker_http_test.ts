/** The line to a Tinker server when it speaks wrong things, or nothing. */
import assert from "node:assert/strict";
import {
  UncertainError,
  UnreachableError,
} from "../../lib/engines/remote_error.ts";
import {
  TinkerConnection,
  TinkerError,
  TinkerModelLostError,
} from "../../lib/engines/tinker/tinker_http.ts";
import { FakeTinker } from "./fake_tinker.ts";

const IMPATIENT = { reconnectSeconds: 0.3, operationSeconds: 0.4 };

Deno.test("a server error is reported with endpoint, status and text, and not repeated", async () => {
  await using server = new FakeTinker();
  server.fail("optim_step", {
    status: 500,
    body: '{"detail":"out of memory"}',
  });
  const line = new TinkerConnection(server.url, undefined, IMPATIENT);
  await assert.rejects(
    () => line.postOnce("optim_step", {}),
    {
      name: "TinkerError",
      message: "Tinker optim_step: HTTP 500: out of memory",
    },
  );
  assert.equal(server.count("optim_step"), 1);
});

Deno.test("a refused field is named", async () => {
  await using server = new FakeTinker();
  const detail = [{
    loc: ["body", "adam_params", "beta1"],
    msg: "must be < 1",
  }];
  server.fail("optim_step", { status: 422, body: JSON.stringify({ detail }) });
  const line = new TinkerConnection(server.url, undefined, IMPATIENT);
  await assert.rejects(
    () => line.postOnce("optim_step", {}),
    /HTTP 422: field "adam_params.beta1": must be < 1/,
  );
});

Deno.test("something that is not JSON, or not the API, says so", async () => {
  await using server = new FakeTinker();
  const line = new TinkerConnection(server.url, undefined, IMPATIENT);
  server.fail("healthz", { status: 200, body: "<html>It works!</html>" });
  await assert.rejects(
    () => line.get("healthz"),
    /not JSON: <html>.*Tinker server\?/,
  );
  server.fail("healthz", { status: 200, body: "[1]" });
  await assert.rejects(
    () => line.get("healthz"),
    /should be an object; got \[1\]/,
  );
  server.fail("healthz", { status: 404, body: '{"detail":"Not Found"}' });
  await assert.rejects(
    () => line.get("healthz"),
    /Is the url that of a Tinker server\?/,
  );
  await assert.rejects(
    () => line.result("forward", { future: "x" }),
    /field "request_id" should be a text/,
  );
  assert.throws(
    () => new TinkerConnection("localhost:8000", undefined),
    /not an http\(s\) address/,
  );
});

Deno.test("a future that never comes is given up after operationSeconds", async () => {
  await using server = new FakeTinker();
  const waiting = { status: 408, body: '{"detail":"Timeout"}' };
  server.fail("retrieve_future", ...new Array(100).fill(waiting));
  const line = new TinkerConnection(server.url, undefined, IMPATIENT);
  await assert.rejects(
    () => line.result("forward", { request_id: "0" }),
    /Tinker forward: no result after 0.4 s.*operationSeconds/,
  );
  const polls = server.count("retrieve_future");
  assert.ok(polls > 1 && polls < 10, `${polls} polls in 0.4 s`);
});

Deno.test("waiting continues through 408, busy and broken answers", async () => {
  await using server = new FakeTinker();
  const line = new TinkerConnection(server.url, undefined, {
    reconnectSeconds: 5,
  });
  const made = await line.postOnce("create_model", {});
  server.fail(
    "retrieve_future",
    { status: 408, body: "{}" },
    { status: 503, body: "" },
    { status: 502, body: "" },
    "drop-after",
    { status: 200, body: '{"type":"try_again"}' },
  );
  const result = await line.result("create_model", made);
  assert.equal(result.model_id, "m1");
  assert.equal(server.count("retrieve_future"), 6);
});

Deno.test("a failed operation is an error with the server's words", async () => {
  await using server = new FakeTinker();
  const line = new TinkerConnection(server.url, undefined, IMPATIENT);
  server.fail("retrieve_future", {
    status: 400,
    body: '{"detail":"Rank mismatch"}',
  });
  await assert.rejects(
    () => line.result("load_weights", { request_id: "0" }),
    /Tinker load_weights: HTTP 400: Rank mismatch/,
  );
  const told = '{"error":"Model m1 not loaded","category":"server"}';
  server.fail("retrieve_future", { status: 200, body: told });
  await assert.rejects(
    () => line.result("forward", { request_id: "0" }),
    TinkerModelLostError,
  );
});

Deno.test("a lost line is retried only for calls that may be repeated", async () => {
  await using server = new FakeTinker();
  const line = new TinkerConnection(server.url, undefined, IMPATIENT);
  server.fail("create_session", "drop-after", "drop-before");
  const opened = await line.postRepeatable("create_session", {});
  assert.equal(opened.session_id, "session");
  assert.equal(server.count("create_session"), 3);

  server.fail("create_model", "drop-after");
  await assert.rejects(() => line.postOnce("create_model", {}), UncertainError);
  assert.equal(server.count("create_model"), 1);
});

Deno.test("a server that is not up yet is waited for, within a bound", async () => {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const hasty = new TinkerConnection(url, undefined, IMPATIENT);
  await assert.rejects(
    () => hasty.postOnce("create_model", {}),
    (error) =>
      error instanceof UnreachableError &&
      /tried for 0.3 s/.test(error.message),
  );
  const patient = new TinkerConnection(url, undefined, {
    reconnectSeconds: 10,
  });
  const asked = patient.postOnce("create_model", {});
  await new Promise((resolve) => setTimeout(resolve, 250));
  await using server = new FakeTinker(port);
  assert.equal((await asked).model_id, "m1");
  assert.equal(server.count("create_model"), 1);
});

Deno.test("the key is sent in X-API-Key, and never to where a redirect points", async () => {
  await using thief = new FakeTinker();
  await using server = new FakeTinker();
  const line = new TinkerConnection(server.url, "tml-secret", IMPATIENT);
  await line.get("healthz");
  assert.equal(server.headers[0].get("x-api-key"), "tml-secret");
  using redirecting = new Redirecting(thief.url);
  const lured = new TinkerConnection(redirecting.url, "tml-secret", IMPATIENT);
  await assert.rejects(() => lured.get("healthz"), TinkerError);
  assert.deepEqual(thief.calls, []);
});

Deno.test("closing ends a wait at once", async () => {
  const line = new TinkerConnection(
    `http://127.0.0.1:${freePort()}`,
    undefined,
  );
  const asked = line.get("healthz");
  setTimeout(() => line.close(), 100);
  await assert.rejects(() => asked, /closed/);
});

class Redirecting implements Disposable {
  #server: Deno.HttpServer<Deno.NetAddr>;
  readonly url: string;
  constructor(target: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => Response.redirect(`${target}/api/v1/healthz`, 307),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }
  [Symbol.dispose](): void {
    this.#server.shutdown();
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
