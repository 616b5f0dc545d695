/**
 * Filling the buffers before the first step, from the identity triplet alone:
 * the base model proposes, and what is valid becomes a reference for the next
 * round. Nothing is rewarded or trained.
 *
 * As in the paper, valid triplets of either proposer seed both deduction and
 * abduction; induction takes its programs from them.
 */

import { Buffers } from "./buffer/mod.ts";
import type { ModeName, Task } from "./modes/mod.ts";
import {
  drawGenerated,
  type DrawnProposals,
  drawProposals,
} from "./propose.ts";
import type { Setting } from "./records.ts";
import { solverPromptLength, validateProposals } from "./validate.ts";

/** The proposals of all rounds, the prompts that were too long for them, and what came of it. */
export interface Seeding extends DrawnProposals {
  rounds: number;
  buffers: Buffers;
}

/** Seeds until every mode that is played has enough tasks, or the rounds are used up. */
export async function seedBuffers(setting: Setting): Promise<Seeding> {
  const { config } = setting;
  const buffers = Buffers.fromIdentity(
    {
      capacity: config.bufferCapacity,
      inputsPerProgram: config.inputsPerProgram,
    },
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
    const drawn = await seedOnce(setting, buffers, wanting, seeding.rounds);
    seeding.proposals.push(...drawn.proposals);
    seeding.promptsRedrawn += drawn.promptsRedrawn;
    seeding.promptsDropped += drawn.promptsDropped;
  }
  return seeding;
}

/** Modes still short of tasks. Induction waits for the first programs. */
function modesWanting(
  { config }: Setting,
  buffers: Buffers,
  rounds: number,
): ModeName[] {
  const wanted = config.seedTasksPerMode;
  const short = (mode: ModeName) => buffers.of(mode).size < wanted;
  const wanting: ModeName[] = config.modes.filter((mode) =>
    short(mode) && (mode !== "induction" || rounds > 0)
  );
  if (wanting.length > 0 || !config.modes.includes("induction")) return wanting;
  // Only induction is played: it needs programs all the same.
  return short("induction") ? ["deduction"] : [];
}

/** Proposals of one round of seeding, twice a step's batch per mode. */
async function seedOnce(
  setting: Setting,
  buffers: Buffers,
  modes: readonly ModeName[],
  round: number,
): Promise<DrawnProposals> {
  const { config } = setting;
  const draw = config.taskSource === "generated"
    ? drawGenerated(setting, modes, 2 * config.proposalsPerMode, 0, round)
    : drawProposals(
      setting,
      buffers,
      modes,
      2 * config.proposalsPerMode,
      0,
      round,
    );
  const drawn = await draw;
  const { proposals } = drawn;
  await validateProposals(setting, buffers, proposals);
  const valid = proposals.flatMap(({ status, task }) =>
    status === "valid" && task ? [task] : []
  );
  for (const mode of buffers.modes) {
    const fitting = mode === "deduction" || mode === "abduction"
      ? sharedTriplets(setting, valid, mode)
      : valid.filter((task) => task.mode === mode);
    admit(buffers, mode, fitting, config.seedTasksPerMode);
  }
  return drawn;
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
 * Triplets of either proposer, as tasks of one mode. A long output that deduction
 * asks for is a long prompt in abduction, so each is measured again.
 */
function sharedTriplets(
  setting: Setting,
  tasks: readonly Task[],
  mode: ModeName,
): Task[] {
  return tasks
    .filter((task) => task.mode === "deduction" || task.mode === "abduction")
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
