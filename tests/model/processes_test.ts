/** What needs processes of its own: equal bytes from equal seeds, and a save that is killed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomStream } from "../../lib/random.ts";
import { loadModel, saveModel, startBackend } from "../../lib/model/mod.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function start(name: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script(name), ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

for (const backend of ["", "wasm"]) {
  const where = backend === "" ? "the best backend" : backend;
  Deno.test(`two processes train and sample to the same bytes on ${where}`, async () => {
    const parent = await Deno.makeTempDir();
    const results = [];
    for (const name of ["first", "second"]) {
      const folder = join(parent, name);
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", script("steps_process.ts"), folder],
        env: { AZR_BACKEND: backend },
        stderr: "null",
      }).output();
      assert.equal(code, 0);
      const files = ["model.safetensors", "optimizer.safetensors"];
      results.push({
        samples: new TextDecoder().decode(stdout),
        files: files.map((file) => Deno.readFileSync(join(folder, file))),
      });
    }
    assert.equal(results[0].samples.trim().split("\n").length, 10);
    assert.deepEqual(results[0], results[1]);
    await Deno.remove(parent, { recursive: true });
  });
}

Deno.test("a save killed at any moment leaves a whole folder", async () => {
  const KILLS = 12;
  const parent = await Deno.makeTempDir();
  const folder = join(parent, "model");
  const first = smallModel({}, 1);
  await saveModel(first, folder);
  first.dispose();
  // The two models that are written in turns, by one of their logits.
  const marks = new Set(
    await Promise.all([1, 2].map(async (seed) => {
      const model = smallModel({}, seed);
      const value = await markOf(model);
      model.dispose();
      return value;
    })),
  );
  assert.equal(marks.size, 2);
  const stream = randomStream(3, "kills");
  for (let kill = 0; kill < KILLS; kill++) {
    const child = start("saving_process.ts", [folder]);
    // The first line says that saving has begun.
    const reader = child.stdout.getReader();
    await reader.read();
    await new Promise((done) => setTimeout(done, 30 * stream.next()));
    child.kill("SIGKILL");
    while (!(await reader.read()).done);
    await child.status;
    const model = await loadModel(folder);
    assert.ok(marks.has(await markOf(model)), `after kill ${kill}`);
    model.dispose();
  }
  const scraps = [...Deno.readDirSync(parent)].length - 1;
  assert.ok(scraps > 0, "no kill fell into a save");
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a folder is put back when its replacement stopped between two renames", async () => {
  const parent = await Deno.makeTempDir();
  const model = smallModel();
  // A neighbour whose name begins like the folder's must not be taken for it.
  await saveModel(model, join(parent, "model"));
  await Deno.rename(
    join(parent, "model"),
    join(parent, ".model.b.1f.tmp.old"),
  );
  await assert.rejects(loadModel(join(parent, "model")), /no such file/);
  await Deno.rename(
    join(parent, ".model.b.1f.tmp.old"),
    join(parent, ".model.1f.tmp.old"),
  );
  const opened = await loadModel(join(parent, "model"));
  assert.equal(await markOf(opened), await markOf(model));
  assert.deepEqual([...Deno.readDirSync(parent)].map(({ name }) => name), [
    "model",
  ]);
  opened.dispose();
  model.dispose();
});

async function markOf(model: ReturnType<typeof smallModel>): Promise<number> {
  const logits = model.forward([tokensOf(5, "mark")]);
  const values = await logits.data();
  logits.dispose();
  return values[values.length - 1];
}
