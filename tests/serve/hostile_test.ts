/** Clients that are hostile, slow or too many: none of them stops the others. */

import assert from "node:assert/strict";
import {
  post,
  proposalText,
  type Served,
  TOKEN,
  withServer,
} from "./served.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Opens a connection and sends a text. */
async function connect({ url }: Served, text: string): Promise<Deno.Conn> {
  const port = Number(new URL(url).port);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(encode(text)).catch(() => {});
  return connection;
}

/** Reads a connection to its end. */
async function readAll(connection: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  try {
    for (let n; (n = await connection.read(buffer)) !== null;) {
      text += new TextDecoder().decode(buffer.subarray(0, n));
    }
  } catch { /* The server has cut it. */ }
  connection.close();
  return text;
}

const head = (path: string, more: string, token = TOKEN) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${more}\r\n\r\n`;

/** A valid request gets its verdict. */
async function works(served: Served): Promise<void> {
  const response = proposalText("function f(a) { return a; }", "1");
  const proposals = [{ mode: "deduction", response }];
  const { status } = await post(served, "/proposals", { proposals });
  assert.equal(status, 200);
}

Deno.test("without the token there is only /health, and a token in the address does not help", () =>
  withServer(async (served) => {
    const health = await fetch(`${served.url}/health`);
    assert.deepEqual(await health.json(), { status: "ok" });
    const tokens = ["", "wrong", TOKEN + " ", TOKEN.slice(1)];
    for (const token of tokens.map((token) => token.replace(/ $/, "x"))) {
      const { status } = await post(
        served,
        "/prompts",
        { role: "solve" },
        token,
      );
      assert.equal(status, 401);
    }
    const basic = (words: string) => ({
      authorization: `Basic ${btoa(words)}`,
    });
    const asked = await Promise.all(
      [`name:${TOKEN}`, `name:${TOKEN}x`, `${TOKEN}:`, `:${TOKEN}`].map(
        async (words) => {
          const headers = basic(words);
          const response = await fetch(`${served.url}/metrics`, { headers });
          await response.body?.cancel();
          return response.status;
        },
      ),
    );
    assert.deepEqual(asked, [200, 401, 401, 200]);
    for (const path of ["/metrics", "/nothing", `/metrics?token=${TOKEN}`]) {
      const response = await fetch(served.url + path);
      await response.body?.cancel();
      assert.equal(response.status, 401);
    }
    const text = await (await fetch(`${served.url}/metrics`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    })).text();
    assert.match(text, /azr_requests_total\{path="\/prompts",status="401"\} 4/);
    assert.match(text, /azr_buffer_tasks\{mode="deduction"\} 1/);
    assert.ok(!text.includes(TOKEN));
  }));

Deno.test("malformed requests are refused by name", () =>
  withServer(async (served) => {
    const cases: [string, unknown, number, RegExp][] = [
      ["/prompts", "{", 400, /the body is no JSON/],
      ["/prompts", "[]", 400, /must be a JSON object/],
      ["/prompts", { role: "judge" }, 400, /"role"/],
      ["/prompts", { role: "solve", count: 1e9 }, 400, /"count"/],
      ["/prompts", { role: "solve", mode: "x" }, 400, /"mode"/],
      ["/proposals", {}, 400, /"proposals" must be a list/],
      [
        "/proposals",
        { proposals: [{ response: 1 }] },
        400,
        /proposals\[0\]\.resp/,
      ],
      [
        "/proposals",
        { proposals: [{ mode: "induction", response: "" }] },
        400,
        /needs "prompt"/,
      ],
      [
        "/proposals",
        { proposals: [{ prompt: "x", response: "" }] },
        400,
        /no prompt "x"/,
      ],
      [
        "/answers",
        { answers: [{ task: "x", response: "" }] },
        400,
        /no task "x"/,
      ],
      ["/answers", { answers: Array(300).fill(0) }, 400, /at most 256/],
      [
        "/answers",
        { answers: [{ task: "a".repeat(999), response: "" }] },
        400,
        /at most 200/,
      ],
      ["/verdicts", { ids: ["__proto__"] }, 400, /no proposal/],
      ["/constructor", {}, 404, /there is no/],
    ];
    for (const [path, body, status, says] of cases) {
      const answer = await post(served, path, body);
      assert.equal(answer.status, status, path + JSON.stringify(answer.json));
      assert.match(answer.json.error, says);
    }
    await works(served);
  }));

Deno.test("bodies that are too large are refused, announced or not", () =>
  withServer(async (served) => {
    const large = await post(served, "/answers", "x".repeat(3000));
    assert.equal(large.status, 413);
    const announced = await connect(
      served,
      head("/answers", "Content-Length: 99999999"),
    );
    assert.match(await readAll(announced), /^HTTP\/1\.1 413/);
    const chunk = `${(600).toString(16)}\r\n${"x".repeat(600)}\r\n`;
    const chunked = await connect(
      served,
      head("/answers", "Transfer-Encoding: chunked") + chunk.repeat(9),
    );
    assert.match(await readAll(chunked), /^HTTP\/1\.1 413/);
    await works(served);
  }, { bodyBytes: 2048 }));

Deno.test("what waits is bounded: beyond it there is 503 with Retry-After", () =>
  withServer(async (served) => {
    const endless = proposalText("function f(a) { for (;;); }", "1");
    const proposals = Array(6).fill({ mode: "deduction", response: endless });
    const answers = await Promise.all(
      Array.from(
        { length: 4 },
        () => post(served, "/proposals", { proposals }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 503, 503, 503]);
    const busy = answers.find(({ status }) => status === 503)!;
    assert.equal(busy.headers.get("retry-after"), "1");
    assert.match(busy.json.error, /6 of 8 proposals and answers/);
    await works(served);
  }, { waiting: 8 }));

Deno.test("slow, half-closed, broken and unauthenticated connections hold up nobody", () =>
  withServer(async (served) => {
    const slowHeads = await Promise.all(
      Array.from(
        { length: 40 },
        () => connect(served, "POST /answers HTTP/1.1\r\nHo"),
      ),
    );
    const slowBodies = await Promise.all(
      Array.from(
        { length: 40 },
        () =>
          connect(served, head("/answers", "Content-Length: 100") + '{"answ'),
      ),
    );
    const garbage = await connect(served, "\0\xff garbage\r\n\r\n");
    const gone = await connect(served, head("/prompts", "Content-Length: 50"));
    gone.close();
    const body = JSON.stringify({ role: "solve" });
    const halfClosed = await connect(
      served,
      head("/prompts", `Connection: close\r\nContent-Length: ${body.length}`) +
        body,
    );
    await halfClosed.closeWrite();
    await readAll(halfClosed);
    await works(served);
    assert.match(await readAll(garbage), /^HTTP\/1\.1 400|^$/);
    const ends = await Promise.all([...slowHeads, ...slowBodies].map(readAll));
    assert.ok(ends.every((text) => text === "" || /408/.test(text)));
    await works(served);
  }, { headSeconds: 1, requestSeconds: 2 }));

Deno.test("more connections than there may be are closed, and those before them answered", () =>
  withServer(async (served) => {
    const held = await Promise.all(
      Array.from({ length: 3 }, () => connect(served, "POST / HTTP/1.1\r\n")),
    );
    const more = await connect(served, "POST / HTTP/1.1\r\n");
    assert.equal(await readAll(more), "");
    for (const connection of held) connection.close();
    await works(served);
  }, { connections: 3 }));
