/**
 * Checkpoints: `checkpoints/step-000010/` with the engine's files and
 * `state.json`, which holds everything else.
 *
 * A checkpoint is written under another name, brought to the disk, and then renamed. A
 * visible checkpoint is therefore complete. `state.json` holds size and hash of every
 * other file. If one of these files is damaged or lost later, the run notices that and
 * takes the checkpoint before.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Engine } from "../method/engine.ts";
import type { SelfPlayState } from "../method/loop.ts";
import { syncFolder, syncTree, type Tokenizer } from "../model/mod.ts";
import { readJson, UNFINISHED } from "./json_file.ts";

/** The content of `state.json`: the loop's state and the length of each log. */
export interface CheckpointState {
  selfPlay: SelfPlayState;
  /** Bytes of each log file at this step, by file name. */
  logBytes: Record<string, number>;
}

/** The content of `state.json` as it is written. */
export interface StateFile extends CheckpointState {
  /** Size and hash of the checkpoint's other files; absent in files of earlier versions. */
  files?: Record<string, FileRecord>;
}

interface FileRecord {
  bytes: number;
  sha256: string;
}

/** The models of a run, and the tokenizer that belongs to them. */
interface Engines {
  engine: Engine;
  proposerEngine?: Engine;
  tokenizer: Tokenizer;
}

/** The error of a checkpoint that was changed after it was written. The message names the file. */
class DamagedCheckpoint extends Error {}

export const STATE_FILE = "state.json";
/** The run's own files that each checkpoint copies, in case the originals are damaged. */
const COPIED_FILES = ["config.json", "manifest.json"];

function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/** Finds the steps that have a complete checkpoint, in order. */
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

/** Returns the path of the checkpoint of a step. */
export function checkpointFolder(runFolder: string, step: number): string {
  return join(runFolder, "checkpoints", checkpointName(step));
}

/**
 * Writes a checkpoint, which appears whole or not at all, also after a power cut. Each
 * model's folder in the checkpoint holds the tokenizer and can be opened by itself.
 */
export async function writeCheckpoint(
  runFolder: string,
  { engine, proposerEngine, tokenizer }: Engines,
  state: CheckpointState,
): Promise<void> {
  const { step } = state.selfPlay;
  const final = checkpointFolder(runFolder, step);
  const checkpoints = join(runFolder, "checkpoints");
  const draft = join(checkpoints, UNFINISHED + checkpointName(step));
  removeFolder(draft);
  Deno.mkdirSync(draft, { recursive: true });
  for (
    const [name, model] of Object.entries({ engine, proposer: proposerEngine })
  ) {
    if (model === undefined) continue;
    await model.save(join(draft, name));
    if (holdsModel(join(draft, name))) await tokenizer.save(join(draft, name));
  }
  for (const name of COPIED_FILES) {
    Deno.copyFileSync(join(runFolder, name), join(draft, name));
  }
  const file: StateFile = { ...state, files: recordsOf(draft) };
  Deno.writeTextFileSync(join(draft, STATE_FILE), JSON.stringify(file));
  syncTree(draft);
  removeFolder(final);
  Deno.renameSync(draft, final);
  syncFolder(checkpoints);
}

/**
 * Loads the models from the newest undamaged checkpoint and returns the rest of its
 * state; null where there is no checkpoint. Damaged checkpoints are set aside and
 * reported to `say`. Throws where all checkpoints are damaged.
 */
export async function readNewestCheckpoint(
  runFolder: string,
  { engine, proposerEngine }: Engines,
  say: (text: string) => void,
): Promise<CheckpointState | null> {
  const damaged: { step: number; reason: string }[] = [];
  for (const step of checkpointSteps(runFolder).reverse()) {
    const folder = checkpointFolder(runFolder, step);
    try {
      const state = readState(folder, step);
      for (const { step: later, reason } of damaged) {
        const kept = setAside(runFolder, later);
        say(
          `${reason}. The run goes on from step ${step}, whose checkpoint is ` +
            `undamaged. The damaged checkpoint is kept as ${kept}`,
        );
      }
      await engine.load(join(folder, "engine"));
      await proposerEngine?.load(join(folder, "proposer"));
      return state;
    } catch (error) {
      if (!(error instanceof DamagedCheckpoint)) throw error;
      damaged.push({ step, reason: error.message });
    }
  }
  if (damaged.length === 0) return null;
  throw new Error(
    `${runFolder} has no undamaged checkpoint: ` +
      `${
        damaged.map(({ reason }) => reason).join("; ")
      }. Restore a checkpoint from ` +
      "a copy, or begin a new run in another folder",
  );
}

/** Removes the rest of interrupted saves, and all but the newest `keep` checkpoints (0 keeps all). */
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

/** Returns the state of a checkpoint whose files are as they were written. */
function readState(folder: string, step: number): CheckpointState {
  const path = join(folder, STATE_FILE);
  let state: Partial<StateFile>;
  try {
    state = readJson(path, "");
  } catch (error) {
    throw new DamagedCheckpoint((error as Error).message);
  }
  const { selfPlay, logBytes, files } = state;
  if (selfPlay?.step !== step || logBytes === undefined) {
    throw new DamagedCheckpoint(
      `${path} lacks "selfPlay" of step ${step}, or "logBytes"`,
    );
  }
  for (const [name, record] of Object.entries(files ?? {})) {
    checkFile(join(folder, name), record);
  }
  return { selfPlay, logBytes };
}

function checkFile(path: string, wanted: FileRecord): void {
  let found: FileRecord | null = null;
  try {
    found = recordOf(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (found?.sha256 === wanted.sha256) return;
  const what = found === null
    ? "is missing"
    : found.bytes === wanted.bytes
    ? "has other contents than the checkpoint recorded"
    : `has ${found.bytes} of the ${wanted.bytes} bytes that were written`;
  throw new DamagedCheckpoint(`${path} ${what}`);
}

/** Returns size and hash of every file below a folder, by the file's path in the folder. */
function recordsOf(folder: string, within = ""): Record<string, FileRecord> {
  const records: Record<string, FileRecord> = {};
  for (const { name, isDirectory } of Deno.readDirSync(join(folder, within))) {
    const path = within === "" ? name : `${within}/${name}`;
    if (isDirectory) Object.assign(records, recordsOf(folder, path));
    else records[path] = recordOf(join(folder, path));
  }
  return records;
}

function recordOf(path: string): FileRecord {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(1 << 20);
  let bytes = 0;
  using file = Deno.openSync(path);
  for (;;) {
    const count = file.readSync(chunk);
    if (count === null) return { bytes, sha256: hash.digest("hex") };
    hash.update(chunk.subarray(0, count));
    bytes += count;
  }
}

/** Takes a checkpoint out of the numbering; returns where it is now. */
function setAside(runFolder: string, step: number): string {
  const kept = join(
    runFolder,
    "checkpoints",
    `damaged-${checkpointName(step)}-${crypto.randomUUID().slice(0, 8)}`,
  );
  Deno.renameSync(checkpointFolder(runFolder, step), kept);
  return kept;
}

function holdsModel(folder: string): boolean {
  const names = new Set([...Deno.readDirSync(folder)].map(({ name }) => name));
  return names.has("config.json") || names.has("adapter_config.json");
}

function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
