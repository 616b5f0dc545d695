/** `deno task model get`, and models by name on the command line of self-play. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalEngine } from "../../lib/engines/local.ts";
import { SafetensorsFile } from "../../lib/model/files/safetensors.ts";
import { Tokenizer } from "../../lib/model/mod.ts";
import { parseArguments } from "../../tasks/selfplay/arguments.ts";
import { planOf } from "../../tasks/selfplay/plan.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURES = join(ROOT, "tests", "model", "fixtures");
const FILE = join(FIXTURES, "gguf", "llama.gguf");

async function modelTask(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(ROOT, "tasks", "model.ts"),
      ...words,
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("the task prints a folder alone on its output, and names its models", async () => {
  const folder = await planned(FILE);
  const again = await modelTask("get", FILE);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(again.stdout, `${folder}\n`);
  assert.equal(again.stderr, "");
  await Deno.remove(folder, { recursive: true });
  const first = await modelTask("get", FILE);
  assert.equal(first.stdout, `${folder}\n`);
  assert.match(first.stderr, /^… llama-[0-9a-f]{8} is not here yet\n✓ llama-/);
  await Deno.remove(folder, { recursive: true });
  const names = await modelTask();
  assert.equal(names.code, 0);
  assert.match(names.stdout, /smollm2-135m-instruct: .*93 MB/);
  const unknown = await modelTask("get", "smollm2");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /no model "smollm2"[^]*smollm2-135m-instruct/);
  for (const words of [["get"], ["fetch", "x"], ["get", "a", "b"]]) {
    assert.equal((await modelTask(...words)).code, 2, words.join(" "));
  }
});

Deno.test("adapters are merged into a folder with a tokenizer that anybody may read", async () => {
  const parent = await Deno.makeTempDir();
  const [base, adapters, merged] = ["base", "adapters", "merged"]
    .map((name) => join(parent, name));
  const engine = await LocalEngine.fromFolder(join(FIXTURES, "qwen2"));
  await engine.save(base);
  await (await Tokenizer.fromFolder(join(FIXTURES, "tokenizer-qwen"))).save(
    base,
  );
  engine.dispose();
  const lora = { rank: 2, alpha: 4, targets: ["q_proj"] as const };
  const adapted = await LocalEngine.withAdapters(base, lora, 1);
  await adapted.save(adapters);
  adapted.dispose();

  const half = ["--weights", "float16"];
  const made = await modelTask("merge", adapters, "--to", merged, ...half);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.stdout, `${merged}\n`);
  // Fresh adapters add nothing: the weights are the base's, rounded.
  const before = weightsOf(base), after = weightsOf(merged);
  assert.equal(after.dtype, "F16");
  assert.deepEqual(after.values, before.values.map(Math.f16round));
  for (const name of ["model.safetensors", "config.json", "tokenizer.json"]) {
    const { mode } = await Deno.stat(join(merged, name));
    assert.equal(mode! & 0o777, 0o666 & ~Deno.umask(), name);
  }
  const refused: [string[], RegExp][] = [
    [["merge", adapters, "--to", merged], /exists; name a new folder/],
    [["merge", base, "--to", join(parent, "x")], /holds no adapters/],
    [
      ["merge", adapters, "--to", join(parent, "x"), "--weights", "int8"],
      /float16/,
    ],
  ];
  for (const [words, message] of refused) {
    const { code, stderr } = await modelTask(...words);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
  assert.equal((await modelTask("merge", adapters)).code, 2);
  await Deno.remove(parent, { recursive: true });
});

/** The number format and the values of a model's first projection. */
function weightsOf(folder: string) {
  using file = SafetensorsFile.open(join(folder, "model.safetensors"));
  const name = "model.layers.0.self_attn.q_proj.weight";
  return {
    dtype: file.entries.get(name)!.dtype,
    values: file.read(name).values as Float32Array,
  };
}

/** The model's folder of a self-play that is asked for by name. */
async function planned(name: string): Promise<string> {
  const words = ["--model", name, "--seed", "3"];
  const { engine, folder } = await planOf(parseArguments(words));
  assert.equal(folder, join("runs", "llama-seed3"));
  return engine.model;
}
