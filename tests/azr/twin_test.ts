/** The page and the loop are twins: see twins.ts for what is compared. */

import assert from "node:assert/strict";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { learner, speaker } from "./players.ts";
import { playLearning, playWords } from "./twins.ts";

Deno.test("a model that learns: the page's steps are the loop's", async () => {
  await using executor = await startExecutor({ workers: 1 });
  const player = await learner(executor);
  await playLearning(player);
  player.engine.dispose();
});

Deno.test("words and a full buffer: the page's step is the loop's", async () => {
  await using executor = await startExecutor({ workers: 1 });
  await playWords(speaker(executor));
});

Deno.test("the page is a page: at most 300 lines", async () => {
  const page = new URL("../../lib/azr.ts", import.meta.url);
  const lines = (await Deno.readTextFile(page)).trimEnd().split("\n");
  assert.ok(lines.length <= 300, `${lines.length} lines`);
});
