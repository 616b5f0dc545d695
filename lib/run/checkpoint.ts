/**
 * Checkpoints: `checkpoints/step-000010/` with the engine's files and
 * `state.json`, which holds everything else.
 *
 * A checkpoint is written under another name and renamed when it is complete,
 * so one that can be seen is whole. All are kept unless the config says
 * otherwise (the official scripts keep only the last).
 */

import { join } from "node:path";
import type { Engine } from "../engines/mod.ts";
import type { SelfPlayState } from "../method/mod.ts";

/** `state.json`: the loop's state and how long each log was. */
export interface CheckpointState {
  selfPlay: SelfPlayState;
  /** Bytes of each log file at this step, by file name. */
  logBytes: Record<string, number>;
}

/** The models of a run. */
export interface Engines {
  engine: Engine;
  proposerEngine?: Engine;
}

/** Part of the name of whatever is not yet whole. */
export const UNFINISHED = ".unfinished-";

function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** Steps that have a complete checkpoint, in order. */
export function checkpointSteps(runFolder: string): number[] {
  const folder = join(runFolder, "checkpoints");
  const steps: number[] = [];
  try {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const match = /^step-(\d{6,})$/.exec(name);
      if (isDirectory && match) steps.push(Number(match[1]));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return steps.sort((a, b) => a - b);
}

/** Path of the checkpoint of a step. */
export function checkpointFolder(runFolder: string, step: number): string {
  return join(runFolder, "checkpoints", checkpointName(step));
}

/** Writes a checkpoint; it appears whole or not at all. */
export async function writeCheckpoint(
  runFolder: string,
  engines: Engines,
  state: CheckpointState,
): Promise<void> {
  const { step } = state.selfPlay;
  const final = checkpointFolder(runFolder, step);
  const draft = join(
    runFolder,
    "checkpoints",
    UNFINISHED + checkpointName(step),
  );
  removeFolder(draft);
  Deno.mkdirSync(draft, { recursive: true });
  await engines.engine.save(join(draft, "engine"));
  await engines.proposerEngine?.save(join(draft, "proposer"));
  writeDurably(join(draft, "state.json"), JSON.stringify(state));
  removeFolder(final);
  Deno.renameSync(draft, final);
  syncFolder(join(runFolder, "checkpoints"));
}

/** Loads the models from a checkpoint and returns the rest of its state. */
export async function readCheckpoint(
  runFolder: string,
  step: number,
  engines: Engines,
): Promise<CheckpointState> {
  const folder = checkpointFolder(runFolder, step);
  const state = JSON.parse(
    Deno.readTextFileSync(join(folder, "state.json")),
  ) as CheckpointState;
  await engines.engine.load(join(folder, "engine"));
  await engines.proposerEngine?.load(join(folder, "proposer"));
  return state;
}

/** Removes what an interrupted save left, and all but the newest `keep` checkpoints (0: keeps all). */
export function tidyCheckpoints(runFolder: string, keep: number): void {
  const folder = join(runFolder, "checkpoints");
  Deno.mkdirSync(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith(UNFINISHED)) removeFolder(join(folder, name));
  }
  if (keep === 0) return;
  for (const step of checkpointSteps(runFolder).slice(0, -keep)) {
    removeFolder(checkpointFolder(runFolder, step));
  }
}

/** Replaces a file by a complete new one. */
export function writeAtomically(path: string, text: string): void {
  const draft = `${path}${UNFINISHED}`;
  writeDurably(draft, text);
  Deno.renameSync(draft, path);
}

function writeDurably(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
  const file = Deno.openSync(path, { write: true });
  file.syncSync();
  file.close();
}

/** Makes a rename survive a loss of power, where the system allows it. */
function syncFolder(path: string): void {
  try {
    const folder = Deno.openSync(path);
    folder.syncSync();
    folder.close();
  } catch {
    // Not every file system lets a folder be opened; the rename stays atomic.
  }
}

function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
