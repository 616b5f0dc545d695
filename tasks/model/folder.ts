/** From a model's name, its GGUF file or its folder to a folder that opens. */

import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ggufFiles, importGguf } from "../../lib/model/files/gguf.ts";
import type { DownloadProgress } from "../setup/download.ts";
import { cacheFolder } from "../setup/project.ts";
import { runSteps } from "../setup/steps.ts";
import { BUILT_IN, fetchBuiltIn } from "./built_in.ts";

/** Where models that have been fetched or converted lie, a folder each. */
const MODELS = join(cacheFolder, "models");

const holds = (folder: string, name: string) => existsSync(join(folder, name));

/**
 * The folder of a model, fetched or converted first where that is still to be
 * done: a name of BUILT_IN, a GGUF file, or a folder that holds one. Every other
 * folder is returned as it is.
 */
export async function modelFolder(named: string): Promise<string> {
  const isOpen = ["model.safetensors", "model.safetensors.index.json"]
    .some((name) => holds(named, name));
  const files = isOpen ? [] : ggufFiles(named);
  if (files.length > 0) {
    return await made(
      convertedName(files),
      (folder) => importGguf(files[0], folder),
    );
  }
  if (existsSync(named) || !Object.hasOwn(BUILT_IN, named)) return named;
  return await made(
    named,
    (folder, progress) => fetchBuiltIn(BUILT_IN[named], folder, progress),
  );
}

/** A name that changes when the files do. */
function convertedName(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${resolve(file)}\n${size}\n${mtimeMs}\n`);
  }
  return `${basename(files[0], ".gguf")}-${hash.digest("hex").slice(0, 8)}`;
}

/** A folder of MODELS, made where it is missing by one process at a time. */
async function made(
  name: string,
  make: (folder: string, progress: DownloadProgress) => Promise<void>,
): Promise<string> {
  const folder = join(MODELS, name);
  if (holds(folder, "config.json")) return folder;
  await Deno.mkdir(MODELS, { recursive: true });
  using lock = await Deno.open(join(MODELS, `.${name}.lock`), {
    create: true,
    write: true,
  });
  await lock.lock(true);
  const work = async (progress: DownloadProgress) => {
    if (!holds(folder, "config.json")) await make(folder, progress);
    return folder;
  };
  await runSteps([{ title: name, work }], "give the same command again");
  return folder;
}
