/** Saving into a folder that is there: what is not the model's own stays as it was. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadModel, replaceFolder, saveModel } from "../../lib/model/mod.ts";
import { startBackend } from "../../lib/model/mod.ts";
import { smallModel } from "./shapes.ts";

await startBackend();
const windows = Deno.build.os === "windows";

/** Every entry below a folder: its kind, mode, and contents or target. */
function inventory(folder: string, within = ""): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name } of Deno.readDirSync(join(folder, within))) {
    const path = join(within, name);
    const { isSymlink, isDirectory, mode, mtime } = Deno.lstatSync(
      join(folder, path),
    );
    if (isSymlink) found[path] = Deno.readLinkSync(join(folder, path));
    else if (isDirectory) {
      found[path] = mode;
      Object.assign(found, inventory(folder, path));
    } else {
      const text = Deno.readTextFileSync(join(folder, path));
      found[path] = [mode, mtime?.getTime(), text];
    }
  }
  return found;
}

Deno.test({
  name: "subfolders, links, modes and times outlive a save",
  ignore: windows,
  fn: async () => {
    const parent = await Deno.makeTempDir();
    const folder = join(parent, "model");
    const model = smallModel();
    await saveModel(model, folder);
    assert.equal(
      Deno.statSync(folder).mode! & 0o777,
      0o777 & ~Deno.umask(),
      "others may read a model",
    );
    for (const name of [".git/objects/ab", "onnx", "templates"]) {
      Deno.mkdirSync(join(folder, name), { recursive: true });
      Deno.writeTextFileSync(join(folder, name, "file"), name);
    }
    Deno.chmodSync(join(folder, ".git/objects/ab/file"), 0o444);
    Deno.chmodSync(join(folder, "onnx"), 0o750);
    Deno.writeTextFileSync(join(folder, "run.sh"), "echo");
    Deno.chmodSync(join(folder, "run.sh"), 0o755);
    Deno.utimeSync(join(folder, "run.sh"), 1e9, 1e9);
    Deno.writeTextFileSync(join(parent, "README.md"), "shared");
    Deno.symlinkSync("../README.md", join(folder, "README.md"));
    Deno.symlinkSync("nowhere", join(folder, "dangling"));
    Deno.symlinkSync("onnx", join(folder, "linked"));
    Deno.symlinkSync("../../file", join(folder, "onnx", "up"));
    Deno.chmodSync(folder, 0o751);
    const others = (found: Record<string, unknown>) =>
      Object.fromEntries(
        Object.entries(found).filter(([path]) =>
          !/^(generation_)?config\.json$|^model\./.test(path)
        ),
      );
    const before = others(inventory(folder));
    assert.equal(Object.keys(before).length, 13);
    await saveModel(model, folder, { dtype: "BF16" });
    assert.deepEqual(others(inventory(folder)), before);
    assert.equal(Deno.statSync(folder).mode! & 0o777, 0o751);
    assert.deepEqual(
      [...Deno.readDirSync(parent)].map(({ name }) => name).sort(),
      ["README.md", "model"],
    );
    model.dispose();
    await Deno.remove(parent, { recursive: true });
  },
});

Deno.test({
  name: "a folder of links, as Hugging Face caches are, gets files of its own",
  ignore: windows,
  fn: async () => {
    const parent = await Deno.makeTempDir();
    const [blobs, snapshot] = [join(parent, "blobs"), join(parent, "snapshot")];
    const [old, other] = [smallModel({}, 1), smallModel({}, 2)];
    await saveModel(old, blobs);
    Deno.mkdirSync(snapshot);
    for (const { name } of Deno.readDirSync(blobs)) {
      Deno.symlinkSync(`../blobs/${name}`, join(snapshot, name));
    }
    Deno.writeTextFileSync(join(blobs, "tokenizer.json"), "{}");
    Deno.symlinkSync(
      "../blobs/tokenizer.json",
      join(snapshot, "tokenizer.json"),
    );
    const before = inventory(blobs);
    // By a link to the folder, which stays one.
    const named = join(parent, "named");
    Deno.symlinkSync("snapshot", named);
    await saveModel(other, named);
    assert.deepEqual(
      inventory(blobs),
      before,
      "what is linked to is not written",
    );
    assert.equal(Deno.readLinkSync(named), "snapshot");
    assert.equal(
      Deno.readLinkSync(join(snapshot, "tokenizer.json")),
      "../blobs/tokenizer.json",
    );
    assert.ok(Deno.lstatSync(join(snapshot, "config.json")).isFile);
    const opened = await loadModel(named);
    const valueOf = (model: typeof other) =>
      model.parameter("model.norm.weight").arraySync();
    assert.deepEqual(valueOf(opened), valueOf(other));
    for (const model of [old, other, opened]) model.dispose();
    await Deno.remove(parent, { recursive: true });
  },
});

Deno.test({
  name: "what cannot be kept is refused, and the folder stays",
  ignore: windows,
  fn: async () => {
    const parent = await Deno.makeTempDir();
    const folder = join(parent, "model");
    Deno.mkdirSync(folder);
    const pipe = join(folder, "pipe");
    new Deno.Command("mkfifo", { args: [pipe] }).outputSync();
    await assert.rejects(
      replaceFolder(folder, () => Promise.resolve()),
      /pipe: neither file, folder nor link.*move it out/,
    );
    const circle = join(parent, "circle");
    Deno.symlinkSync("circle", circle);
    await assert.rejects(
      replaceFolder(circle, () => Promise.resolve()),
      /circle: its links lead in a circle/,
    );
    assert.deepEqual([...Deno.readDirSync(parent)].length, 2);
    await Deno.remove(parent, { recursive: true });
  },
});
