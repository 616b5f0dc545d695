/**
 * A finite pool of generated tasks (`taskPool`): drawn once, then repeated.
 *
 * A pool stands for a collected data set, of which a run sees the same tasks again and
 * again. A resumed run draws the same pool, since a generator's batches depend on their
 * numbers alone.
 */

import { randomStream } from "../random.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Candidate } from "./modes/mode.ts";
import type { ModeName } from "./modes/task.ts";
import type { CandidateGenerator } from "./setting.ts";

/** Batches in a row that give nothing new before a pool is called impossible. */
const MOST_EMPTY_BATCHES = 20;

/** The pools that each generator has filled, by mode and size. */
const POOLS = new WeakMap<CandidateGenerator, Map<string, Candidate[]>>();

/** Draws `count` tasks of a mode's pool, each independently of the others. `batch` names the draw. */
export async function drawFromPool(
  generate: CandidateGenerator,
  { taskPool, seed }: SelfPlayConfig,
  mode: ModeName,
  count: number,
  batch: number,
): Promise<Candidate[]> {
  const pools = POOLS.get(generate) ?? new Map<string, Candidate[]>();
  POOLS.set(generate, pools);
  const key = `${mode} ${taskPool}`;
  const pool = pools.get(key) ?? await fillPool(generate, mode, taskPool);
  pools.set(key, pool);
  const random = randomStream(seed, "task pool", mode, batch);
  return Array.from({ length: count }, () => random.choice(pool));
}

/**
 * Returns the first `size` different tasks of a generator's batches 0, 1, 2 and so on.
 * Throws `RangeError` where the generator seems to have fewer.
 */
export async function fillPool(
  generate: CandidateGenerator,
  mode: ModeName,
  size: number,
): Promise<Candidate[]> {
  const found = new Map<string, Candidate>();
  for (let batch = 0, empty = 0; found.size < size; batch++) {
    const before = found.size;
    for (const task of await generate(mode, size - before, batch)) {
      const { program, arguments: inputs } = task;
      const key = JSON.stringify([program.source, inputs]);
      if (!found.has(key)) found.set(key, task);
    }
    empty = found.size > before ? 0 : empty + 1;
    if (empty < MOST_EMPTY_BATCHES) continue;
    throw new RangeError(
      `config field "taskPool" wants ${size} tasks of ${mode}, but the generator ` +
        `seems to have ${found.size}: lower it`,
    );
  }
  return [...found.values()];
}
