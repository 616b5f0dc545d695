/**
 * Tasks from a file: one JSON object a line, in one of three shapes.
 *
 * | shape | fields |
 * |---|---|
 * | a run's `tasks.jsonl`, or written by hand | `program`, `arguments`; `mode`, `message` |
 * | the official code's triplets | `snippet`, `input` |
 * | the official code's induction tasks | `snippet`, `inputs`, `message` |
 *
 * A row without `mode` serves every mode whose proposer writes the program if it has
 * one input, and the others if it has several. Rows of a run that were not valid
 * are left out. Outputs in the file are not read: the executor computes them again.
 */

import { drawGiven, registerSource } from "../method/source.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { TaskRequest } from "../method/draft.ts";
import type { Candidate } from "../method/modes/mode.ts";
import type { ModeName } from "../method/modes/task.ts";
import { modeOf } from "../method/modes/registry.ts";
import { randomStream } from "../random.ts";

/**
 * Reads the rows of the config's `taskFile` that suit a mode. Throws `Error` that
 * names file and line where a line is no task.
 */
function taskFileRows(
  { taskFile, language }: SelfPlayConfig,
  mode: ModeName,
): Candidate[] {
  return Deno.readTextFileSync(taskFile).split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const row = parsed(line, `${taskFile}, line ${i + 1}`);
    const fits = row.mode === undefined
      ? modeOf(mode).writesProgram === (row.arguments.length === 1)
      : row.mode === mode;
    if (!fits || !row.valid) return [];
    const program = { language, source: row.source };
    return [{ program, arguments: row.arguments, message: row.message }];
  });
}

/** Returns the next `count` rows in the order of the file, which begins again at its end. */
function inOrder(
  rows: readonly Candidate[],
  count: number,
  { step, round }: TaskRequest,
): Candidate[] {
  if (rows.length === 0) return [];
  const start = (step > 0 ? step - 1 : round - 1) * count;
  return Array.from(
    { length: count },
    (_, i) => rows[(start + i) % rows.length],
  );
}

/** Draws up to `count` rows at random, without repetition. */
function pooled(
  rows: readonly Candidate[],
  count: number,
  seed: number,
  mode: ModeName,
  { step, round }: TaskRequest,
): Candidate[] {
  return randomStream(seed, "pool", step, round, mode).sample(rows, count);
}

interface Row {
  mode?: string;
  source: string;
  arguments: string[];
  message: string;
  valid: boolean;
}

function parsed(line: string, place: string): Row {
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: no JSON object: ${error}`);
  }
  const source = row.program ?? row.snippet;
  const inputs = row.arguments ?? row.inputs ?? [row.input];
  const isText = (value: unknown) => typeof value === "string";
  if (row.program === null) {
    return { source: "", arguments: [], message: "", valid: false };
  }
  if (
    typeof source !== "string" || !Array.isArray(inputs) ||
    !inputs.every(isText)
  ) {
    throw new Error(
      `${place}: needs "program" and "arguments" (or "snippet" and "input" or ` +
        `"inputs"), a text and a list of texts`,
    );
  }
  const { mode, message = "", status = "valid" } = row;
  return {
    ...(typeof mode === "string" && { mode }),
    source,
    arguments: inputs,
    message: String(message),
    valid: status === "valid",
  };
}

registerSource("file", ({ config }, _buffers, request) =>
  drawGiven(
    request,
    "file",
    (mode, count) => inOrder(taskFileRows(config, mode), count, request),
  ));

registerSource("pool", ({ config }, _buffers, request) =>
  drawGiven(
    request,
    "file",
    (mode, count) =>
      pooled(taskFileRows(config, mode), count, config.seed, mode, request),
  ));
