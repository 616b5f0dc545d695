/** `deno task model get`, and models by name on the command line of self-play. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArguments } from "../../tasks/selfplay/arguments.ts";
import { planOf } from "../../tasks/selfplay/plan.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILE = join(ROOT, "tests", "model", "fixtures", "gguf", "llama.gguf");

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

/** The model's folder of a self-play that is asked for by name. */
async function planned(name: string): Promise<string> {
  const words = ["--model", name, "--seed", "3"];
  const { engine, folder } = await planOf(parseArguments(words));
  assert.equal(folder, join("runs", "llama-seed3"));
  return engine.model;
}
