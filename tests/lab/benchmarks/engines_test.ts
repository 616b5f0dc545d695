/** `deno task evaluate --engine openai | tinker`, whole, on servers of our own. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../../lib/engines/local.ts";
import type { BenchmarkRow } from "../../../lib/lab/benchmarks/evaluate.ts";
import { Tokenizer } from "../../../lib/model/mod.ts";
import { main as evaluate } from "../../../tasks/evaluate.ts";
import { AnsweringServer } from "../../engines/answering_server.ts";
import { FakeTinker } from "../../engines/fake_tinker.ts";
import { ServedModel } from "../../engines/served_model.ts";
import { writeChatModel } from "../../run/chat_model.ts";

const OWN = new URL("./own", import.meta.url).pathname;
const ASKED = ["--benchmarks", "cruxeval-o,gsm8k", "--data", OWN].concat(
  ["--dialect", "code", "--max-tokens", "12", "--batch", "2"],
);
const SAMPLED = ["--samples", "2", "--temperature", "1", "--top-p", "0.9"];

const model = await Deno.makeTempDir();
await writeChatModel(model);
const served = ["--engine", "openai", "--model", "chat", "--tokenizer", model];

const GONE = { error: { message: "the model was unloaded" } };
const temporary = () => Deno.makeTempDir();
const rowsIn = async (folder: string): Promise<BenchmarkRow[]> =>
  (await Deno.readTextFile(join(folder, "rows.jsonl"))).trim().split("\n")
    .map((line) => JSON.parse(line));

/** The exit code, and what was said on the way. */
async function said(args: readonly string[]): Promise<[number, string]> {
  const lines: string[] = [];
  const { error, log } = console;
  console.log = console.error = (...words) => void lines.push(words.join(" "));
  try {
    return [await evaluate(args), lines.join("\n")];
  } finally {
    Object.assign(console, { error, log });
  }
}

Deno.test("several samples of a served model, and on behind the last whole batch", async () => {
  await using server = await serve();
  let left = Infinity;
  await using line = new AnsweringServer((body, path) => {
    if (path !== "/v1/completions") return new Response("", { status: 404 });
    if (left-- <= 0) return Response.json(GONE, { status: 404 });
    const request = { method: "POST", body: JSON.stringify(body) };
    return fetch(`${server.url}/completions`, request);
  });
  const [whole, parts] = [await temporary(), await temporary()];
  const given = [...ASKED, ...SAMPLED, ...served, "--address", line.url];
  assert.equal((await said([...given, "--out", whole]))[0], 0);
  const rows = await rowsIn(whole);
  assert.ok(rows.length > 3);
  for (const { samples, responses, tokens } of rows) {
    assert.deepEqual([samples, responses.length, tokens.length], [2, 2, 2]);
  }
  const { model: name } = JSON.parse(
    await Deno.readTextFile(join(whole, "settings.json")),
  );
  assert.equal(name, "openai:chat");
  const { n, temperature, top_p } = server.requests.at(-1)!;
  assert.deepEqual([n, temperature, top_p], [2, 1, .9]);

  left = 1 + 2; // The greeting and one batch.
  const [code, words] = await said([...given, "--out", parts]);
  assert.equal(code, 1);
  assert.match(words, /\nevaluate: .*HTTP 404: the model was unloaded/);
  assert.deepEqual(await rowsIn(parts), rows.slice(0, 2));
  [left, server.requests.length] = [Infinity, 0];
  assert.equal((await said([...given, "--out", parts]))[0], 0);
  assert.equal(server.requests.length, 1 + rows.length - 2);
  assert.deepEqual(await rowsIn(parts), rows);
});

Deno.test("a model of a Tinker server answers", async () => {
  await using server = new FakeTinker();
  const out = await temporary();
  const tinker = ["--engine", "tinker", "--model", "tiny"].concat(
    ["--tokenizer", model, "--context", "2048", "--address", server.url],
  );
  const [code, words] = await said([
    ...[...ASKED, ...SAMPLED, ...tinker, "--out", out],
  ]);
  assert.equal(code, 0, words);
  const tokenizer = await Tokenizer.fromFolder(model);
  for (const { responses, tokens } of await rowsIn(out)) {
    assert.deepEqual(tokens, [1, 1]);
    assert.deepEqual(responses, Array(2).fill(tokenizer.decode([5])));
  }
  assert.ok(server.count("asample") > 0);
});

Deno.test("a server that is not there is said at once, with the cure", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  for (const engine of ["openai", "tinker"]) {
    const [code, words] = await said([
      ...[...ASKED, "--engine", engine, "--model", "chat", "--tokenizer"],
      ...[model, "--address", `http://127.0.0.1:${port}/v1`],
      ...["--out", await temporary()],
    ]);
    assert.equal(code, 1);
    assert.match(
      words,
      /no server answers at http:\/\/127\.0\.0\.1:\d+\/v1 \(.*give its address as --address/,
    );
  }
});

async function serve(): Promise<ServedModel> {
  const engine = await LocalEngine.fromFolder(model);
  return new ServedModel(engine, await Tokenizer.fromFolder(model));
}
