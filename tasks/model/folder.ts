/** From a model's name, its GGUF file or its folder to a folder that opens. */

import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { checkpointFolder, checkpointSteps } from "../../lib/run/checkpoint.ts";
import { ggufFiles, importGguf } from "./gguf/import.ts";
import type { DownloadProgress } from "../setup/download.ts";
import { cacheFolder } from "../setup/project.ts";
import { runSteps } from "../setup/steps.ts";
import { BUILT_IN, fetchBuiltIn } from "./built_in.ts";
import { cachedPath, fetchFromHub, hubName } from "./hub.ts";

/** The folder of fetched and converted models, with a subfolder each. */
const MODELS = join(cacheFolder, "models");

const holds = (folder: string, name: string) => existsSync(join(folder, name));

/**
 * Returns the folder of a model, fetched or converted first where that is still to be
 * done: a name of BUILT_IN or of the Hub (OWNER/NAME), a GGUF file, a folder that holds
 * one, a run's folder (its newest checkpoint) or a checkpoint. Every other folder is
 * returned as it is.
 */
export async function modelFolder(named: string): Promise<string> {
  if (existsSync(named)) return await converted(inCheckpoint(named));
  if (Object.hasOwn(BUILT_IN, named)) {
    const folder = join(MODELS, named);
    const isThere = () => holds(folder, "config.json") ? folder : undefined;
    return await once(named, isThere, async (progress) => {
      await fetchBuiltIn(BUILT_IN[named], folder, progress);
      return folder;
    });
  }
  const model = hubName(named);
  if (model === undefined) return named;
  const path = await once(
    named,
    () => cachedPath(model),
    (progress) => fetchFromHub(model, progress),
  );
  return await converted(path);
}

/** Returns the path of a named model that is here already; undefined where it would be fetched. */
export function localPath(named: string): string | undefined {
  if (existsSync(named)) return named;
  const folder = join(MODELS, named);
  if (holds(folder, "config.json")) return folder;
  const model = hubName(named);
  return model && cachedPath(model);
}

/** Returns the solver's folder of a checkpoint, or of a run's newest one; else the path itself. */
function inCheckpoint(path: string): string {
  if (statSync(path).isFile()) return path;
  const newest = checkpointSteps(path).at(-1);
  const folder = newest === undefined ? path : checkpointFolder(path, newest);
  return holds(folder, "state.json") ? join(folder, "engine") : path;
}

/** Returns the folder made of a path's GGUF file; the path itself where it is none. */
async function converted(path: string): Promise<string> {
  const opens = ["model.safetensors", "model.safetensors.index.json"]
    .some((name) => holds(path, name));
  const files = opens ? [] : ggufFiles(path);
  if (files.length === 0) return path;
  const name = convertedName(files);
  const folder = join(MODELS, name);
  const isThere = () => holds(folder, "config.json") ? folder : undefined;
  return await once(name, isThere, async () => {
    await importGguf(files[0], folder);
    return folder;
  });
}

/** Returns a name that changes when the files do. */
function convertedName(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${resolve(file)}\n${size}\n${mtimeMs}\n`);
  }
  return `${basename(files[0], ".gguf")}-${hash.digest("hex").slice(0, 8)}`;
}

/** Returns the result of `find`, else of `make`, which one process at a time runs. */
async function once(
  title: string,
  find: () => string | undefined,
  make: (progress: DownloadProgress) => Promise<string>,
): Promise<string> {
  let found = find();
  if (found !== undefined) return found;
  await Deno.mkdir(MODELS, { recursive: true });
  using lock = await Deno.open(join(MODELS, "models.lock"), {
    ...{ create: true, write: true },
  });
  if (!await lock.tryLock(true)) {
    console.error("… waiting for another process that fetches a model");
    await lock.lock(true);
  }
  console.error(`… ${title} is not here yet`);
  const work = async (progress: DownloadProgress) =>
    found = find() ?? await make(progress);
  await runSteps([{ title, work }], "give the same command again");
  return found!;
}
