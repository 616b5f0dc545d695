/** The page and the loop are twins: see twins.ts for what is compared. */

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
