import assert from "node:assert/strict";
import { Tokenizer } from "../../../lib/model/mod.ts";
import { randomStream } from "../../../lib/random.ts";
import { buildSplits } from "../../../lib/lab/world/splits.ts";
import { DocumentWriter } from "../../../lib/lab/world/documents.ts";
import {
  worldPieces,
  worldTokenizerConfig,
  worldTokenizerJson,
} from "../../../lib/lab/world/vocabulary.ts";
import { TEST_WORLD } from "./world_config.ts";

function tokenizer(language: "javascript" | "python"): Tokenizer {
  return Tokenizer.fromJson(
    worldTokenizerJson({ ...TEST_WORLD, language }),
    worldTokenizerConfig(),
  );
}

for (const language of ["javascript", "python"] as const) {
  Deno.test(`${language} documents survive the round trip`, () => {
    const world = { ...TEST_WORLD, language };
    const writer = new DocumentWriter(
      world,
      buildSplits(world).heldOut,
      randomStream(5, "documents"),
    );
    const tokens = tokenizer(language);
    const unknown = tokens.id("<unk>");
    for (let i = 0; i < 2000; i++) {
      const { prompt, response } = writer.next();
      const ids = tokens.encode(prompt + response);
      assert.ok(!ids.includes(unknown), prompt);
      assert.equal(tokens.decode(ids), prompt + response);
      const apart = [...tokens.encode(prompt), ...tokens.encode(response)];
      assert.deepEqual(apart, ids);
    }
  });
}

Deno.test("the longest piece wins and an operation is one token", () => {
  const tokens = tokenizer("javascript");
  const pieces = (text: string) =>
    tokens.encode(text).map((id) => tokens.decode([id]));
  assert.deepEqual(
    pieces('<SD>x=>x.slice(0,-1).concat("a")<i>"ab"<o>'),
    [
      "<SD>",
      "x=>",
      "x",
      ".slice(0,-1)",
      '.concat("a")',
      "<i>",
      '"',
      "a",
      "b",
      '"',
      "<o>",
    ],
  );
  assert.deepEqual(pieces("123"), ["12", "3"]);
  assert.equal(tokens.padId, 0);
  assert.equal(tokens.eosId, 1);
});

Deno.test("pieces are distinct and any printable text can be written", () => {
  const pieces = worldPieces(TEST_WORLD);
  assert.equal(new Set(pieces).size, pieces.length);
  const tokens = tokenizer("javascript");
  const text = '{"k":[true,null,-12.5e+21,"~#@"]} undefined';
  assert.equal(tokens.decode(tokens.encode(text)), text);
});
