/**
 * Seeding: filling the buffers before the first step, from the identity triplet
 * alone. The base model proposes, and what is valid becomes a reference for the
 * next round. Nothing is rewarded or trained.
 *
 * As in the paper, valid triplets of either proposer seed both deduction and
 * abduction; induction takes its programs from them.
 */

import { Buffers, type SavedBuffers } from "./buffer/buffers.ts";
import type { SelfPlayConfig } from "./config.ts";
import { evenly, type PromptCounts } from "./draft.ts";
import type { ModeName, Task } from "./modes/task.ts";
import { modeOf } from "./modes/registry.ts";
import type { Setting } from "./setting.ts";
import { sourceOf } from "./source.ts";
import type { Judged } from "./stages.ts";
import { type ProposerTally, tallyProposals } from "./tally.ts";
import { solverPromptLength, validateProposals } from "./validate.ts";

/** The proposals of all rounds and the buffers that they filled. */
interface Seeding extends PromptCounts {
  rounds: number;
  /** The proposals of the rounds that were played here: those before `saved` are not among them. */
  proposals: Judged[];
  /** Sums over all proposals by mode, those before `saved` too. */
  tallies: Partial<Record<ModeName, ProposerTally>>;
  buffers: Buffers;
}

/** A seeding after some of its rounds, as JSON. */
export interface SavedSeeding
  extends Pick<Seeding, "rounds" | "tallies">, PromptCounts {
  buffers: SavedBuffers;
}

/** The result of one round. */
export interface SeedingRound {
  round: number;
  proposals: Judged[];
  /** Tasks held by each buffer that there is. */
  sizes: Partial<Record<ModeName, number>>;
  /** The seeding up to this round, to go on from. */
  saved: () => SavedSeeding;
}

/** The callbacks and the saved state of a seeding. */
export interface SeedingOptions {
  saved?: SavedSeeding;
  /** Called after each round. */
  onRound?: (round: SeedingRound) => void;
  /** Ends the current round, when aborted, with the signal's reason. */
  stop?: AbortSignal;
}

/** Seeds until every mode that is played has enough tasks, or the rounds are used up. */
export async function seedBuffers(
  setting: Setting,
  { saved, onRound, stop }: SeedingOptions = {},
): Promise<Seeding> {
  const { config } = setting;
  const seeding = saved ? resumed(saved) : begun(config);
  const { buffers } = seeding;
  while (seeding.rounds < config.seedRounds) {
    const wanting = modesWanting(setting, buffers, seeding.rounds);
    if (wanting.length === 0) break;
    stop?.throwIfAborted();
    seeding.rounds++;
    const proposals = await seedOnce(setting, seeding, wanting, stop);
    onRound?.({
      round: seeding.rounds,
      proposals,
      sizes: buffers.sizes(),
      saved: () => savedOf(seeding),
    });
  }
  return seeding;
}

function begun(config: SelfPlayConfig): Seeding {
  const { bufferCapacity: capacity, inputsPerProgram } = config;
  const buffers = Buffers.fromIdentity(
    { capacity, inputsPerProgram },
    config.language,
    config.seed,
    config.modes,
    config.dialect,
  );
  return {
    rounds: 0,
    proposals: [],
    tallies: {},
    promptsRedrawn: 0,
    promptsDropped: 0,
    buffers,
  };
}

function resumed({ buffers, ...saved }: SavedSeeding): Seeding {
  return { ...saved, proposals: [], buffers: Buffers.fromJSON(buffers) };
}

function savedOf(
  { rounds, tallies, promptsRedrawn, promptsDropped, buffers }: Seeding,
): SavedSeeding {
  const counts = { rounds, promptsRedrawn, promptsDropped };
  return { ...counts, tallies: { ...tallies }, buffers: buffers.toJSON() };
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
  stop?: AbortSignal,
): Promise<Judged[]> {
  const { config } = setting;
  const { buffers, rounds } = seeding;
  const each = evenly(modes, 2 * config.proposalsPerMode, 0, rounds);
  const request = { ...each, stop };
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
  for (const mode of modes) {
    const ofMode = judged.filter((proposal) => proposal.mode === mode);
    seeding.tallies[mode] = tallyProposals(ofMode, seeding.tallies[mode]);
  }
  for (const proposal of judged) seeding.proposals.push(proposal);
  seeding.promptsRedrawn += drawn.promptsRedrawn;
  seeding.promptsDropped += drawn.promptsDropped;
  return judged;
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
