/**
 * Every field of a `config.json` is used, refused, or of no effect in transformers
 * either: tried over all fields of every family, by what transformers computed
 * (tasks/make_config_fixtures.py).
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { configJson, parseModelConfig } from "../../lib/model/config.ts";
import { rotaryFrequencies, rotaryLength } from "../../lib/model/rope.ts";

interface Fixture {
  families: Record<string, {
    config: Record<string, unknown>;
    effects: [
      field: string,
      value: unknown,
      effect: "same" | "other" | "error",
    ][];
  }>;
  rotary: {
    config: Record<string, unknown>;
    rows: {
      fields: Record<string, unknown>;
      frequencies: number[];
      length: number;
    }[];
  };
}

const FIXTURE: Fixture = JSON.parse(
  await Deno.readTextFile(
    fileURLToPath(
      new URL("fixtures/transformers_configs.json", import.meta.url),
    ),
  ),
);

const parse = (fields: Record<string, unknown>) =>
  parseModelConfig(JSON.stringify(fields), "x/config.json");

/** What a config becomes, or the message of its refusal. */
function outcome(fields: Record<string, unknown>): string {
  try {
    return JSON.stringify(parse(fields));
  } catch (error) {
    return (error as Error).message;
  }
}

for (const [family, { config, effects }] of Object.entries(FIXTURE.families)) {
  Deno.test(`${family}: no field of config.json is overlooked`, () => {
    const plain = outcome(config);
    assert.ok(plain.startsWith("{"), plain);
    const fates = { used: 0, refused: 0, idle: 0 };
    for (const [field, value, effect] of effects) {
      const found = outcome({ ...config, [field]: value });
      const what = `${field}: ${JSON.stringify(value)}`;
      if (!found.startsWith("{")) {
        fates.refused++;
        assert.match(found, new RegExp(`^x/config.json: .*${field}`), what);
        continue;
      }
      fates[found === plain ? "idle" : "used"]++;
      // Mistral's class has no layer types, and transformers fails on any.
      const harmless = field === "layer_types" && family === "mistral";
      if (found === plain && !harmless) assert.equal(effect, "same", what);
    }
    assert.ok(fates.used > 20 && fates.refused > 5 && fates.idle > 10);
  });
}

Deno.test("a family that the decoder lacks is refused by its name", () => {
  for (const type of ["gemma3_text", "phi3", "qwen2_moe", "mixtral", null, 1]) {
    assert.throws(
      () => parse({ ...FIXTURE.families.llama.config, model_type: type }),
      /model_type is .*; this decoder reads "qwen2", "qwen3", "llama" and "mistral"/,
    );
  }
});

Deno.test("a window is refused unless it covers the context", () => {
  const { mistral, qwen2 } = FIXTURE.families;
  const { sliding_window: _, ...silent } = mistral.config;
  parse({ ...silent, max_position_embeddings: 4096 });
  assert.throws(
    () => parse({ ...silent, max_position_embeddings: 4097 }),
    /sliding_window is undefined, a window of 4096.*set max_position_embeddings to it/,
  );
  const windowed = { ...qwen2.config, use_sliding_window: true };
  parse({ ...windowed, sliding_window: null });
  parse({ ...windowed, sliding_window: 128 });
  assert.throws(
    () => parse({ ...windowed, sliding_window: 127 }),
    /use_sliding_window is true, a window of 127/,
  );
  // What is written does not fall back on the family's window.
  const read = parse({ ...mistral.config, max_position_embeddings: 9999 });
  const written = JSON.parse(JSON.stringify(configJson(read)));
  assert.deepEqual(parse(written), read);
});

Deno.test("rotary fields in both spellings give the frequencies of transformers", () => {
  const { config, rows } = FIXTURE.rotary;
  let refused = 0;
  for (const { fields, frequencies, length } of rows) {
    const what = JSON.stringify(fields);
    const found = outcome({ ...config, ...fields });
    if (!found.startsWith("{")) {
      // Where transformers drops a base without a word.
      assert.match(
        found,
        /rope_parameters.rope_theta is 10000, but rope_scaling/,
        what,
      );
      refused++;
      continue;
    }
    const parsed = parse({ ...config, ...fields });
    const ours = rotaryFrequencies(parsed);
    assert.equal(ours.length, frequencies.length);
    ours.forEach((value, i) =>
      assert.ok(
        Math.abs(value / frequencies[i] - 1) < 2e-6,
        `${what}, pair ${i}`,
      )
    );
    assert.ok(Math.abs(rotaryLength(parsed) - length) < 1e-6, what);
    // Written and read again, nothing is lost.
    assert.deepEqual(
      parse(JSON.parse(JSON.stringify(configJson(parsed)))),
      parsed,
    );
  }
  assert.ok(rows.length > 80 && refused > 0 && refused < 15);
});

Deno.test("rotary fields of another type are refused by name", () => {
  const { config } = FIXTURE.rotary;
  const yarn = { rope_type: "yarn", factor: 4 };
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ rope_scaling: [1] }, /rope_scaling is \[1\]; it must be an object/],
    [{ rope_parameters: "x" }, /rope_parameters is "x"; it must be an object/],
    [
      { rope_scaling: { rope_type: "longrope" } },
      /rope_scaling.rope_type is "longrope"/,
    ],
    [{ rope_scaling: { rope_type: "toString" } }, /rope_type is "toString"/],
    [{ rope_scaling: { type: "yarn" } }, /rope_scaling.factor is undefined/],
    [{ rope_scaling: { ...yarn, truncate: 1 } }, /truncate is 1/],
    [{ rope_scaling: { ...yarn, beta_fast: "32" } }, /beta_fast is "32"/],
    [
      { rope_parameters: { full_attention: yarn } },
      /rope_parameters.full_attention/,
    ],
    [{ eos_token_id: "1" }, /eos_token_id is "1"/],
    [{ eos_token_id: [1, "2"] }, /eos_token_id is/],
    [{ bos_token_id: 1.5 }, /bos_token_id is 1.5/],
  ];
  for (const [fields, message] of wrong) {
    assert.throws(() => parse({ ...config, ...fields }), message);
  }
});
