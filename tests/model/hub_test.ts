/**
 * Models of the Hub by name, from a server on 127.0.0.1. With AZR_HUB_PYTHON, an
 * interpreter that has `huggingface_hub`, both caches are shown to be one.
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Tokenizer } from "../../lib/model/mod.ts";
import { fetchFromHub, hubName } from "../../tasks/model/hub.ts";
import { modelFolder } from "../../tasks/model/folder.ts";
import { inTemporaryFolder } from "../setup/temporary_folder.ts";
import { COMMIT, type HubServer, startHub, TOKEN } from "./hub_server.ts";

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const NAME = "Tiny-Lab/qwen3.tiny";
const LARGE = "model.safetensors";

function filesOfModel() {
  const read = (...path: string[]) =>
    Deno.readFileSync(join(FIXTURES, ...path));
  return {
    "README.md": new TextEncoder().encode("# not needed"),
    "config.json": read("qwen3", "config.json"),
    "generation_config.json": read("qwen3", "generation_config.json"),
    "tokenizer.json": read("tokenizer-qwen", "tokenizer.json"),
    "tokenizer_config.json": read("tokenizer-qwen", "tokenizer_config.json"),
    "chat_template.jinja": read("tokenizer-qwen", "chat_template.jinja"),
    [LARGE]: read("qwen3", LARGE),
    "pytorch_model.bin": new Uint8Array(64),
    "onnx/model.onnx": new Uint8Array(64),
    "quantised/tiny.gguf": read("gguf", "qwen3.gguf"),
  };
}

/** Runs with a Hub, an empty cache and a token. */
function withHub(work: (hub: HubServer, cache: string) => Promise<void>) {
  return inTemporaryFolder(async (cache) => {
    const hub = startHub(NAME, filesOfModel());
    const variables = {
      HF_ENDPOINT: hub.url,
      HF_HUB_CACHE: cache,
      HF_TOKEN: TOKEN,
    };
    const before = Object.keys(variables).map((name) =>
      [name, Deno.env.get(name)] as const
    );
    for (const [name, value] of Object.entries(variables)) {
      Deno.env.set(name, value);
    }
    try {
      await work(hub, cache);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
      await hub.stop();
    }
  });
}

Deno.test("a name of the Hub is told from a path", () => {
  const parts = (text: string) => Object.values(hubName(text) ?? {});
  assert.deepEqual(parts("Qwen/Qwen2.5-0.5B"), [
    ...["Qwen/Qwen2.5-0.5B", "main", undefined],
  ]);
  assert.deepEqual(parts("a/b/q/x-Q8_0.gguf@v1"), [
    ...["a/b", "v1", "q/x-Q8_0.gguf"],
  ]);
  for (
    const text of ["a", "a/b/c", "/a/b", "./a", "../a", "a/..", "a/b@", "a b/c"]
      .concat("a/b/../x.gguf", "https://x/y", "a/b@../c", "")
  ) assert.equal(hubName(text), undefined, text);
});

Deno.test("a model of the Hub is fetched once, checked, and pinned to its commit", () =>
  withHub(async (hub, cache) => {
    const folder = await modelFolder(NAME);
    const home = join(cache, "models--Tiny-Lab--qwen3.tiny");
    assert.equal(folder, join(home, "snapshots", COMMIT));
    const files = filesOfModel() as Record<string, Uint8Array>;
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(
      names,
      Object.keys(files).filter((name) => /json|jinja|safetensors/.test(name))
        .sort(),
    );
    for (const name of names) {
      assert.deepEqual(Deno.readFileSync(join(folder, name)), files[name]);
      assert.match(
        Deno.readLinkSync(join(folder, name)),
        /^\.\.\/\.\.\/blobs\/([0-9a-f]{40}|[0-9a-f]{64})$/,
      );
    }
    assert.equal(Deno.readTextFileSync(join(home, "refs", "main")), COMMIT);
    await Tokenizer.fromFolder(folder);
    // The token goes to the Hub and to nobody that the Hub points to.
    const seen = (origin: string) =>
      new Set(
        hub.asked.filter((asked) => asked.origin === origin)
          .map(({ authorization }) => authorization),
      );
    assert.deepEqual([...seen("hub")], [`Bearer ${TOKEN}`]);
    assert.deepEqual([...seen("store")], [null]);
    hub.asked.splice(0);
    assert.equal(await modelFolder(NAME), folder);
    assert.equal(await modelFolder(`${NAME}@${COMMIT}`), folder);
    assert.equal(hub.asked.length, 0);
    assert.equal(await modelFolder(`${NAME}@v1`), folder);
    const tag = join(home, "refs", "v1");
    assert.equal(Deno.readTextFileSync(tag), COMMIT);
    assert.deepEqual(
      hub.asked.filter(({ path }) => path.includes("/resolve/")),
      [],
    );
  }));

Deno.test("progress counts the bytes of all files to their end", () =>
  withHub(async () => {
    const seen: [number, number | undefined][] = [];
    await fetchFromHub(hubName(NAME)!, (...now) => seen.push(now));
    const needed = Object.entries(filesOfModel()).filter(([name]) =>
      /^[^/]*\.(json|jinja|safetensors)$/.test(name)
    );
    const total = needed.reduce((sum, [, { length }]) => sum + length, 0);
    assert.deepEqual(seen.at(-1), [total, total]);
    const received = seen.map(([bytes]) => bytes);
    assert.deepEqual(received, [...received].sort((a, b) => a - b));
    assert.ok(seen.every(([, all]) => all === total));
  }));

Deno.test("a download that was cut goes on, and a damaged one is thrown away", () =>
  withHub(async (hub, cache) => {
    hub.cutAfter = 40_000;
    await assert.rejects(modelFolder(NAME), /give the same command again/);
    const blobs = join(cache, "models--Tiny-Lab--qwen3.tiny", "blobs");
    const part = [...Deno.readDirSync(blobs)].map(({ name }) => name)
      .find((name) => name.endsWith(".tmp"));
    const { size } = await Deno.stat(join(blobs, part!));
    assert.ok(size > 0 && size <= 40_000);
    await modelFolder(NAME);
    const stored = hub.asked.filter(({ origin }) => origin === "store");
    assert.deepEqual(stored.map(({ range }) => range), [
      null,
      `bytes=${size}-`,
    ]);
    await Deno.remove(join(cache, "models--Tiny-Lab--qwen3.tiny"), {
      recursive: true,
    });
    hub.damaged = true;
    await assert.rejects(modelFolder(NAME), /is not the announced one/);
    assert.deepEqual([...Deno.readDirSync(blobs)], []);
    hub.damaged = false;
    await modelFolder(NAME);
  }));

Deno.test("one GGUF file of the Hub becomes a folder", () =>
  withHub(async (_, cache) => {
    const folder = await modelFolder(`${NAME}/quantised/tiny.gguf`);
    assert.match(basename(folder), /^tiny-[0-9a-f]{8}$/);
    await Tokenizer.fromFolder(folder);
    const snapshots = join(cache, "models--Tiny-Lab--qwen3.tiny", "snapshots");
    const names = [...Deno.readDirSync(join(snapshots, COMMIT))];
    assert.deepEqual(names.map(({ name }) => name), ["quantised"]);
    await Deno.remove(folder, { recursive: true });
  }));

Deno.test("what the Hub does not give is said with its cure, and without the token", () =>
  withHub(async (_, cache) => {
    const refused = async (name: string, reason: RegExp) =>
      await assert.rejects(modelFolder(name), (error: Error) => {
        assert.match(error.message, reason);
        assert.ok(!error.message.includes(Deno.env.get("HF_TOKEN") ?? "?"));
        return true;
      });
    await refused("Tiny-Lab/other", /no model "Tiny-Lab\/other".*HF_TOKEN/);
    await refused(`${NAME}@v9`, /no model .* at that revision/);
    await refused(`${NAME}/none.gguf`, /holds 0 files of a model.*FILE\.gguf/);
    Deno.env.set("HF_TOKEN", "hf_another");
    await refused(NAME, /refuses access to .*set HF_TOKEN/);
    Deno.env.set("KIT_OFFLINE", "1");
    await refused(NAME, /KIT_OFFLINE forbids/);
    Deno.env.delete("KIT_OFFLINE");
    assert.deepEqual([...Deno.readDirSync(cache)], []);
  }));

const python = Deno.env.get("AZR_HUB_PYTHON");

Deno.test({
  name: "what Python has fetched is found here, and the other way round",
  ignore: python === undefined,
  fn: () =>
    withHub(async (hub, cache) => {
      const ours = await modelFolder(NAME);
      assert.equal(await fetchedByPython(true), ours);
      await Deno.remove(join(cache, basename(join(ours, "..", ".."))), {
        recursive: true,
      });
      assert.equal(await fetchedByPython(false), ours);
      hub.asked.length = 0;
      assert.equal(await modelFolder(NAME), ours);
      assert.deepEqual(hub.asked, []);
    }),
});

/** The folder that `snapshot_download` returns, from the cache alone or not. */
async function fetchedByPython(fromCache: boolean): Promise<string> {
  const code =
    "import sys; from huggingface_hub import snapshot_download as get; " +
    "print(get(sys.argv[1], local_files_only=sys.argv[2] == 'true', " +
    "allow_patterns=['*.json', '*.jinja', 'model.safetensors']))";
  const { success, stdout } = await new Deno.Command(python!, {
    args: ["-c", code, NAME, `${fromCache}`],
    env: { HF_HUB_DISABLE_XET: "1" },
    stderr: "inherit",
  }).output();
  assert.ok(success);
  return new TextDecoder().decode(stdout).trim();
}
