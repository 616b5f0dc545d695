/**
 * Seeding: filling the buffers before the first step, from the identity triplet
 * alone. The base model proposes, and what is valid becomes a reference for the
 * next round. Nothing is rewarded or trained.
 *
 * As in the paper, valid triplets of either proposer seed both deduction and
 * abduction; induction takes its programs from them.
 */

import { Buffers } from "./buffer/mod.ts";
import { evenly, type PromptCounts } from "./draft.ts";
import { type ModeName, modeOf, type Task } from "./modes/mod.ts";
import type { Setting } from "./setting.ts";
import { sourceOf } from "./source.ts";
import type { Judged } from "./stages.ts";
import { solverPromptLength, validateProposals } from "./validate.ts";

/** The proposals of all rounds and the buffers that they filled. */
export interface Seeding extends PromptCounts {
  rounds: number;
  proposals: Judged[];
  buffers: Buffers;
}

/** Seeds until every mode that is played has enough tasks, or the rounds are used up. */
export async function seedBuffers(setting: Setting): Promise<Seeding> {
  const { config } = setting;
  const { bufferCapacity: capacity, inputsPerProgram } = config;
  const buffers = Buffers.fromIdentity(
    { capacity, inputsPerProgram },
    config.language,
    config.seed,
    config.modes,
    config.dialect,
  );
  const seeding: Seeding = {
    rounds: 0,
    proposals: [],
    promptsRedrawn: 0,
    promptsDropped: 0,
    buffers,
  };
  while (seeding.rounds < config.seedRounds) {
    const wanting = modesWanting(setting, buffers, seeding.rounds);
    if (wanting.length === 0) break;
    seeding.rounds++;
    await seedOnce(setting, seeding, wanting);
  }
  return seeding;
}

/** Returns the modes that are still short of tasks. Those without programs of their own wait one round. */
function modesWanting(
  { config }: Setting,
  buffers: Buffers,
  rounds: number,
): ModeName[] {
  const short = config.modes.filter((mode) =>
    buffers.of(mode).size < config.seedTasksPerMode
  );
  const ready = short.filter((mode) =>
    modeOf(mode).writesProgram || rounds > 0
  );
  if (ready.length > 0 || short.length === 0) return ready;
  // Nothing that is played writes programs: a mode that does makes the first ones.
  return modeOf(short[0]).drawsFrom.slice(0, 1);
}

/** Takes one round of seeding, with twice a step's batch per mode. */
async function seedOnce(
  setting: Setting,
  seeding: Seeding,
  modes: readonly ModeName[],
): Promise<void> {
  const { config } = setting;
  const { buffers, rounds } = seeding;
  const request = evenly(modes, 2 * config.proposalsPerMode, 0, rounds);
  const { seedSource, taskSource } = config;
  const source = sourceOf(seedSource === "file" ? "file" : taskSource);
  const drawn = await source(setting, buffers, request);
  const judged = await validateProposals(setting, buffers, drawn.proposals);
  const valid = judged.flatMap((proposal) =>
    proposal.status === "valid" ? [proposal.task] : []
  );
  for (const mode of buffers.modes) {
    const fitting = tasksFor(setting, valid, mode);
    admit(buffers, mode, fitting, config.seedTasksPerMode);
  }
  seeding.proposals.push(...judged);
  seeding.promptsRedrawn += drawn.promptsRedrawn;
  seeding.promptsDropped += drawn.promptsDropped;
}

/** Adds what is new, up to the number wanted. */
function admit(
  buffers: Buffers,
  mode: ModeName,
  tasks: readonly Task[],
  wanted: number,
): void {
  const buffer = buffers.of(mode);
  const admissions = buffer.judge(tasks);
  const fresh = tasks.filter((_, i) => admissions[i] === "new");
  buffer.add(fresh.slice(0, Math.max(0, wanted - buffer.size)));
}

/**
 * Returns the tasks that seed a mode, as tasks of that mode. An output that was
 * short for deduction may make abduction's prompt too long, so each is measured
 * again.
 */
function tasksFor(
  setting: Setting,
  tasks: readonly Task[],
  mode: ModeName,
): Task[] {
  return tasks
    .filter((task) => modeOf(mode).seededBy.includes(task.mode))
    .map((task) => asMode(task, mode))
    .filter((task) =>
      solverPromptLength(setting, task) <= setting.config.maxPromptTokens
    );
}

function asMode(task: Task, mode: ModeName): Task {
  return task.mode === mode
    ? task
    : { ...task, mode, id: `${task.id}-${mode}` };
}
