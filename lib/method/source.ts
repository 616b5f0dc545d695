/**
 * Where the tasks of a step come from: the registry of task sources.
 *
 * A source is asked for a number of drafts per mode and gives drafts. Whether they
 * become tasks is decided by `validate.ts`, whoever drew them. A new source is a
 * function here and a name in the setting `taskSource`.
 */

import type { Buffers } from "./buffer/mod.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Candidate, ModeName, Provenance } from "./modes/mod.ts";
import { drawProposals } from "./propose.ts";
import type { Setting } from "./setting.ts";
import { draftPlace, type Drawn, type TaskRequest } from "./draft.ts";
import { inOrder, pooled, taskFileRows } from "./task_file.ts";

/** Draws drafts; may draw fewer than wanted. */
export type TaskSource = (
  setting: Setting,
  buffers: Buffers,
  request: TaskRequest,
) => Promise<Drawn>;

/** The task sources by their names in a config. */
export const SOURCES: Record<SelfPlayConfig["taskSource"], TaskSource> = {
  "self-play": drawProposals,
  "generated": (setting, _buffers, request) =>
    drawGiven(request, "generated", (mode, count) => {
      if (setting.generateTasks) {
        const { step, round } = request;
        return setting.generateTasks(mode, count, step - round);
      }
      throw new TypeError(
        'config field "taskSource" is "generated", but selfPlay() was given no ' +
          "generateTasks: give it a function that makes candidates",
      );
    }),
  "file": ({ config }, _buffers, request) =>
    drawGiven(
      request,
      "file",
      (mode, count) => inOrder(taskFileRows(config, mode), count, request),
    ),
  "pool": ({ config }, _buffers, request) =>
    drawGiven(
      request,
      "file",
      (mode, count) =>
        pooled(taskFileRows(config, mode), count, config.seed, mode, request),
    ),
};

/** Makes drafts of candidates that no model proposed. */
async function drawGiven(
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
