/**
 * Taking a run up again: what it depends on is compared, what is damaged is passed
 * over, and one process at a time plays.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import {
  hasAdapters,
  loadModel,
  LORA_TARGETS,
  saveModel,
  Tokenizer,
} from "../../lib/model/mod.ts";
import { checkpointFolder, checkpointSteps } from "../../lib/run/checkpoint.ts";
import { readRun } from "../../lib/run/read.ts";
import type { RecordOptions } from "../../lib/run/record_options.ts";
import { recordRun } from "../../lib/run/record.ts";
import { PAPER_CONFIG, TINY_CONFIG } from "../../lib/method/config.ts";
import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { main as runs } from "../../tasks/runs.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { taughtEngine } from "../method/tiny_model.ts";
import { smallConfig } from "./small_config.ts";

const tokenizer = characterTokenizer();
const executor = await startExecutor({
  workers: 1,
  languages: ["javascript"],
});
const parent = await Deno.makeTempDir({ prefix: "resume-test-" });
Deno.test.afterAll(async () => {
  await executor.close();
  await Deno.remove(parent, { recursive: true });
});

const config = {
  ...smallConfig,
  steps: 3,
  checkpointEvery: 1,
  proposalsPerMode: 2,
  rolloutsPerTask: 2,
  seedTasksPerMode: 2,
  seedRounds: 1,
  evaluateEvery: 0,
};

function play(folder: string, more: Partial<RecordOptions> = {}) {
  return recordRun({
    folder,
    config,
    engine: new ScriptedEngine(tokenizer),
    tokenizer,
    executor,
    onNote: (text) => assert.fail(text),
    ...more,
  });
}

/** A copy of a run, to be damaged. */
function copyOf(folder: string, name: string): string {
  const copy = join(parent, name);
  const { success } = new Deno.Command("cp", {
    args: ["-a", folder, copy],
  }).outputSync();
  assert.ok(success);
  return copy;
}

/** Every file below a folder, by its path there. */
function filesOf(folder: string, within = ""): string[] {
  return [...Deno.readDirSync(join(folder, within))].flatMap((entry) =>
    entry.isDirectory
      ? filesOf(folder, join(within, entry.name))
      : [join(within, entry.name)]
  );
}

const metricsOf = (folder: string) =>
  Deno.readTextFileSync(join(folder, "metrics.jsonl"));

Deno.test("whatever file of the newest checkpoint is damaged, the one before it is taken", async () => {
  const whole = join(parent, "whole");
  const engine = await taughtEngine(tokenizer, 0);
  const small = { ...config, maxProposalTokens: 8, maxSolutionTokens: 8 };
  await play(whole, { engine, config: small });
  const newest = checkpointFolder(whole, 3);
  const files = filesOf(newest);
  assert.ok(files.includes("engine/optimizer.safetensors"));
  const damages: Record<string, (path: string) => void> = {
    gone: (path) => Deno.removeSync(path),
    empty: (path) => Deno.truncateSync(path),
    cut: (path) => Deno.truncateSync(path, Deno.statSync(path).size >> 1),
    changed: (path) => {
      const bytes = Deno.readFileSync(path);
      bytes[bytes.length >> 1] ^= 1;
      Deno.writeFileSync(path, bytes);
    },
  };
  let number = 0;
  for (const file of files) {
    for (const [name, damage] of Object.entries(damages)) {
      // A changed digit in the state is no damage that can be seen.
      if (file === "state.json" && name === "changed") continue;
      const folder = copyOf(whole, `damaged-${number++}`);
      damage(join(checkpointFolder(folder, 3), file));
      const notes: string[] = [];
      const onNote = (text: string) => notes.push(text);
      await play(folder, { engine, config: small, resume: true, onNote });
      assert.equal(metricsOf(folder), metricsOf(whole), `${file} ${name}`);
      assert.equal(notes.length, 1);
      assert.ok(notes[0].includes(join("step-000003", file)), notes[0]);
      assert.match(
        notes[0],
        /goes on from step 2.* is kept as .*damaged-step-000003/,
      );
      assert.deepEqual(readRun(folder).manifest.resumed[0].notes, notes);
      assert.deepEqual(checkpointSteps(folder), [0, 1, 2, 3]);
      Deno.removeSync(folder, { recursive: true });
    }
  }
  const none = copyOf(whole, "none-whole");
  for (const step of [0, 1, 2, 3]) {
    Deno.removeSync(join(checkpointFolder(none, step), "engine/config.json"));
  }
  await assert.rejects(
    play(none, { engine, config: small, resume: true }),
    /no undamaged checkpoint: .*step-000003.engine.config.json is missing.*Restore/,
  );
  engine.dispose();
});

Deno.test("told to stop at whatever event, it saves, and goes on to the same bytes", async () => {
  const whole = join(parent, "unstopped");
  let events = 0;
  await play(whole, { onEvent: () => events++ });
  for (let at = 0; at < events; at++) {
    const folder = join(parent, `stopped-${at}`);
    const stop = new AbortController();
    let seen = 0;
    let heard = -1;
    const onEvent = ({ type, step }: SelfPlayEvent) => {
      if (type === "stepFinished") heard = step;
      if (seen++ === at) stop.abort();
    };
    // No step but the last has a checkpoint of its own.
    const rare = { ...config, checkpointEvery: 9 };
    const stopped = { config: rare, stop: stop.signal, onEvent };
    const { step } = await play(folder, stopped);
    assert.equal(step, heard);
    assert.equal(checkpointSteps(folder).at(-1), step);
    await play(folder, { config: rare, resume: true });
    assert.equal(metricsOf(folder), metricsOf(whole), `stopped at event ${at}`);
  }
});

Deno.test("one process at a time plays a run", async () => {
  const folder = join(parent, "locked");
  let asked = false;
  await play(folder, {
    onEvent: ({ type }) => {
      if (type !== "updated" || asked) return;
      asked = true;
      const script = new URL("./killed_run.ts", import.meta.url).pathname;
      const { code, stderr } = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", script, folder, "9"],
      }).outputSync();
      const said = new TextDecoder().decode(stderr);
      assert.equal(code, 1);
      assert.ok(
        said.includes(`${folder} is being played by process ${Deno.pid} of`),
        said,
      );
    },
  });
  assert.ok(asked);
  // The lock goes with its process, and the file it leaves is in nobody's way.
  assert.ok((await play(folder, { resume: true })).finished);
});

Deno.test("every setting of a begun run that was edited is refused by name", async () => {
  const whole = join(parent, "settings");
  await play(whole, { config: { ...config, steps: 1 } });
  for (const [field, value] of Object.entries(config)) {
    if (field === "steps") continue;
    const edited = typeof value === "number"
      ? value + 1
      : typeof value === "boolean"
      ? !value
      : Array.isArray(value)
      ? value.slice(1)
      : "another";
    const path = join(whole, "config.json");
    Deno.writeTextFileSync(
      path,
      JSON.stringify({ ...config, [field]: edited }),
    );
    // What checks the settings themselves may be the first to refuse.
    await assert.rejects(
      play(whole, { resume: true, config: readRun(whole).config }),
      new RegExp(field),
      field,
    );
  }
  Deno.writeTextFileSync(
    join(whole, "config.json"),
    JSON.stringify({ ...config, learningRate: 0.5 }),
  );
  await assert.rejects(
    play(whole, { resume: true, config: readRun(whole).config }),
    /other settings \(learningRate\): "learningRate" was 0.00025 and is 0.5.*config.json/,
  );
});

Deno.test("other frozen weights and another tokenizer are refused, another backend is told", async () => {
  const base = join(parent, "base");
  const taught = await taughtEngine(tokenizer, 0);
  await saveModel(taught.model, base);
  taught.dispose();
  const lora = { rank: 2, alpha: 4, targets: LORA_TARGETS };
  const small = {
    ...config,
    steps: 1,
    maxProposalTokens: 8,
    maxSolutionTokens: 8,
  };
  const folder = join(parent, "adapted");
  const resume = async (more: Partial<RecordOptions> = {}) => {
    const engine = await LocalEngine.withAdapters(base, lora, 1);
    try {
      await play(folder, { config: small, engine, resume: true, ...more });
    } finally {
      engine.dispose();
    }
  };
  await resume();
  await resume();
  const json = { ...tokenizer.json, version: "2.0" };
  await assert.rejects(
    resume({ tokenizer: Tokenizer.fromJson(json, tokenizer.config) }),
    /the tokenizer has changed: SHA-256/,
  );
  const manifest = join(folder, "manifest.json");
  const written = Deno.readTextFileSync(manifest);
  const backend = readRun(folder).manifest.engine.backend;
  const notes: string[] = [];
  Deno.writeTextFileSync(
    manifest,
    written.replaceAll(`"${backend}"`, '"webgpu"'),
  );
  await resume({ onNote: (text) => notes.push(text) });
  assert.equal(notes.length, 1);
  assert.ok(
    notes[0].includes(`"webgpu" and is resumed on "${backend}"`),
    notes[0],
  );
  Deno.writeTextFileSync(manifest, written);

  const weights = join(base, "model.safetensors");
  const bytes = Deno.readFileSync(weights);
  bytes[bytes.length - 1] ^= 0x80;
  Deno.writeFileSync(weights, bytes);
  await assert.rejects(
    resume(),
    /frozen weights under the adapters have changed/,
  );
});

Deno.test("a checkpoint's model opens elsewhere as it is, tokenizer and all", async () => {
  const folder = join(parent, "opens");
  const engine = await taughtEngine(tokenizer, 0);
  const small = {
    ...config,
    steps: 0,
    maxProposalTokens: 8,
    maxSolutionTokens: 8,
  };
  await play(folder, { engine, config: small });
  engine.dispose();
  const saved = join(checkpointFolder(folder, 0), "engine");
  assert.ok(!hasAdapters(saved));
  (await loadModel(saved)).dispose();
  const opened = await Tokenizer.fromFolder(saved);
  assert.deepEqual(opened.encode("<a>4<eos>"), tokenizer.encode("<a>4<eos>"));
  assert.equal(opened.eosId, tokenizer.eosId);
});

Deno.test("a language model keeps two checkpoints, a tiny one all of them", () => {
  assert.equal(PAPER_CONFIG.keepCheckpoints, 2);
  assert.equal(TINY_CONFIG.keepCheckpoints, 0);
});

Deno.test("fewer steps than were done are refused, and nothing is written", async () => {
  const folder = join(parent, "fewer");
  await play(folder, { config: { ...config, steps: 2 } });
  const fewer = { ...config, steps: 1 };
  await assert.rejects(
    play(folder, { resume: true, config: fewer }),
    /has done 2 steps, more than the 1 of "steps": resume with at least 2/,
  );
  assert.equal(readRun(folder).config.steps, 2);
});

Deno.test("a damaged manifest or config is named, and a checkpoint has the copy", async () => {
  const folder = join(parent, "copies");
  await play(folder, { config: { ...config, steps: 1 } });
  for (const name of ["manifest.json", "config.json"]) {
    const path = join(folder, name);
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.slice(0, 40));
    await assert.rejects(
      play(folder, { resume: true, config: { ...config, steps: 1 } }),
      new RegExp(
        `${name} is no JSON .* copy it from the newest folder in checkpo`,
      ),
    );
    if (name === "manifest.json") {
      Deno.removeSync(path);
      await assert.rejects(
        play(folder, { resume: true, config: { ...config, steps: 1 } }),
        /manifest\.json is missing: copy it from the newest folder in checkpo/,
      );
    }
    Deno.copyFileSync(join(checkpointFolder(folder, 1), name), path);
    assert.equal(Deno.readTextFileSync(path), text);
  }
  await play(folder, { resume: true });
});

Deno.test("one damaged run leaves the list of the others", async () => {
  const folder = join(parent, "listed");
  await play(join(folder, "good"), { config: { ...config, steps: 0 } });
  copyOf(join(folder, "good"), "listed/bad");
  const path = join(folder, "bad", "manifest.json");
  Deno.writeTextFileSync(path, "");
  const said: string[] = [];
  const { log, error } = console;
  console.log = console.error = (...parts) => said.push(parts.join(" "));
  try {
    assert.equal(await runs(["list", folder]), 0);
  } finally {
    Object.assign(console, { log, error });
  }
  assert.ok(said.some((line) => /^good /.test(line)), said.join("\n"));
  assert.ok(
    said.some((line) => line.startsWith(`left out: ${path} is no JSON`)),
  );
});
