/** Seeding is followed, saved after each round, and taken up again to the same bytes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { LOG_NAMES, recordRun } from "../../lib/run/record.ts";
import { readRun } from "../../lib/run/read.ts";
import type { RecordOptions } from "../../lib/run/record_options.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

const CONFIG = { ...smallConfig, steps: 1, seedTasksPerMode: 12 };
const ROUNDS = 6;

Deno.test("seeding", async (t) => {
  const parent = await Deno.makeTempDir({ prefix: "seeding-" });
  const tokenizer = characterTokenizer();
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const play = (name: string, more: Partial<RecordOptions> = {}) =>
    recordRun({
      folder: join(parent, name),
      config: { ...CONFIG, seedRounds: ROUNDS, proposalsPerMode: 2 },
      engine: new ScriptedEngine(tokenizer),
      tokenizer,
      executor,
      ...more,
    });
  const logs = (name: string) =>
    LOG_NAMES.filter((log) => log !== "timings.jsonl")
      .map((log) => Deno.readTextFileSync(join(parent, name, log)));
  const seen: number[] = [];
  const whole = await play("whole", {
    onSeedingRound: ({ round }) => seen.push(round),
  });

  await t.step("each round is told, and the file of the seeding goes", () => {
    assert.deepEqual(whole, { step: 1, finished: true });
    assert.deepEqual(seen, Array.from({ length: ROUNDS }, (_, i) => i + 1));
    const names = [...Deno.readDirSync(join(parent, "whole"))];
    assert.ok(!names.some(({ name }) => name === "seeding.json"));
  });

  for (let stopAt = 1; stopAt <= ROUNDS; stopAt++) {
    await t.step(
      `stopped after round ${stopAt}, it ends with the same bytes`,
      async () => {
        const name = `stopped-${stopAt}`;
        const stop = new AbortController();
        const outcome = await play(name, {
          stop: stop.signal,
          onSeedingRound: ({ round }) => {
            if (round === stopAt) stop.abort();
          },
        });
        if (stopAt < ROUNDS) {
          assert.deepEqual(outcome, {
            step: 0,
            finished: false,
            seedingRounds: stopAt,
          });
        }
        const rest: number[] = [];
        await play(name, {
          resume: true,
          onSeedingRound: ({ round }) => rest.push(round),
        });
        assert.deepEqual(rest, seen.slice(stopAt));
        assert.deepEqual(logs(name), logs("whole"));
        const [{ afterStep }] = readRun(join(parent, name)).manifest.resumed;
        assert.equal(afterStep, 0);
      },
    );
  }

  await t.step(
    "a round that is given up in its middle is played again",
    async () => {
      const stop = new AbortController();
      const engine = new ScriptedEngine(tokenizer);
      const { sample } = engine;
      let calls = 0;
      engine.sample = (requests, options) => {
        if (++calls < 3) return sample.call(engine, requests, options);
        stop.abort();
        return Promise.reject(options.stop!.reason);
      };
      const outcome = await play("amid", { engine, stop: stop.signal });
      assert.equal(outcome.seedingRounds, 2);
      await play("amid", { resume: true });
      assert.deepEqual(logs("amid"), logs("whole"));
    },
  );

  await t.step(
    "a damaged file of the seeding is told, and seeded anew",
    async () => {
      const stop = new AbortController();
      await play("damaged", {
        stop: stop.signal,
        onSeedingRound: () => stop.abort(),
      });
      const path = join(parent, "damaged", "seeding.json");
      Deno.writeTextFileSync(path, Deno.readTextFileSync(path).slice(0, 90));
      const notes: string[] = [];
      await play("damaged", {
        resume: true,
        onNote: (note) => notes.push(note),
      });
      assert.match(notes.join("\n"), /seeding\.json is no JSON .* seeded anew/);
      assert.deepEqual(logs("damaged"), logs("whole"));
    },
  );
  await Deno.remove(parent, { recursive: true });
});
