/**
 * The registry of task sources, from which the tasks of a step come.
 *
 * A source is asked for a number of drafts per mode and gives drafts. Whether they
 * become tasks is decided by `validate.ts`, whoever drew them. A new source is a
 * function that registers itself, and a name in the setting `taskSource`.
 */

import { extraFor } from "./extras.ts";
import type { Buffers } from "./buffer/buffers.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Candidate } from "./modes/mode.ts";
import type { ModeName, Provenance } from "./modes/task.ts";
import { drawProposals } from "./propose.ts";
import type { Setting } from "./setting.ts";
import { draftPlace, type Drawn, type TaskRequest } from "./draft.ts";
import { Registry } from "./registry.ts";
import { drawFromPool } from "./task_pool.ts";

/** Draws drafts; may draw fewer than wanted. */
type TaskSource = (
  setting: Setting,
  buffers: Buffers,
  request: TaskRequest,
) => Promise<Drawn>;

const SOURCES = new Registry<SelfPlayConfig["taskSource"], TaskSource>(
  "task source",
  [
    ["self-play", drawProposals],
    ["generated", generatedTasks],
  ],
);

/** Adds a source of tasks. */
export function registerSource(
  name: SelfPlayConfig["taskSource"],
  source: TaskSource,
): void {
  SOURCES.add(name, source);
}

/** Returns a source by its name in a config. Throws `RangeError` where it is not registered. */
export function sourceOf(name: SelfPlayConfig["taskSource"]): TaskSource {
  return SOURCES.get(name);
}

/** Asks the caller's generator, or the finite pool of it. */
function generatedTasks(
  { generateTasks, config }: Setting,
  _buffers: Buffers,
  request: TaskRequest,
): Promise<Drawn> {
  if (!generateTasks) {
    throw new TypeError(
      'config field "taskSource" is "generated", but selfPlay() was given no ' +
        "generateTasks: give it a function that makes candidates",
    );
  }
  const { step, round } = request;
  return drawGiven(
    request,
    "generated",
    (mode, count) =>
      config.taskPool > 0
        ? drawFromPool(generateTasks, config, mode, count, step - round)
        : generateTasks(mode, count, step - round),
  );
}

/** Makes drafts of candidates that no model proposed. */
export async function drawGiven(
  request: TaskRequest,
  source: Provenance["source"],
  candidates: (
    mode: ModeName,
    count: number,
  ) => Candidate[] | Promise<Candidate[]>,
): Promise<Drawn> {
  const drawn: Drawn = { proposals: [], promptsRedrawn: 0, promptsDropped: 0 };
  for (const [mode, count] of request.wanted) {
    const given = await candidates(mode, count);
    given.forEach((candidate, number) =>
      drawn.proposals.push({
        ...draftPlace(mode, number, request),
        source,
        references: [],
        parts: [],
        response: null,
        given: candidate,
      })
    );
  }
  return drawn;
}

/** Draws the step's drafts from the config's source of tasks. */
export async function drawStep(
  setting: Setting,
  buffers: Buffers,
  step: number,
): Promise<Drawn> {
  const { config } = setting;
  const chains = extraFor(config, "chains");
  const request = {
    wanted: new Map(config.modes.map((mode) => [
      mode,
      config.proposalsPerMode - (chains?.countOf(config, mode) ?? 0),
    ])),
    step,
    round: 0,
  };
  const drawn = await sourceOf(config.taskSource)(setting, buffers, request);
  const chained = chains?.draw(config, buffers, request) ?? [];
  return { ...drawn, proposals: [...drawn.proposals, ...chained] };
}
