/**
 * libtensorflow out of the wheel on PyPI: only the two libraries and the C headers are unpacked
 * (273 MB to download and 0.85 GB on disk, of the wheel's 1.3 GB).
 */

import { existsSync } from "node:fs";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { download, type DownloadProgress } from "./download.ts";
import { SetupProblem } from "./problem.ts";
import { cacheFolder, wheelVersion } from "./project.ts";
import {
  chooseWheel,
  indexAddress,
  listWheels,
  platformPattern,
  type Wheel,
} from "./pypi.ts";
import { extractEntry, listZip } from "./zip.ts";

const headers = /^tensorflow\/include\/((?:tensorflow|xla\/tsl)\/c\/.*\.h)$/;
const stringHeaders =
  /^tensorflow\/include\/((?:tensorflow\/core|tsl)\/platform\/ctstring[a-z_]*\.h)$/;
const libraries =
  /^tensorflow\/(libtensorflow_(?:cc|framework)[.\d]*(?:so|dylib)[.\d]*)$/;

/** Leaves `<folder>/deps/lib` and `<folder>/deps/include` complete, or throws and leaves them absent. */
export async function fetchWheelLibrary(
  kind: "cpu" | "gpu",
  folder: string,
  progress: DownloadProgress,
): Promise<void> {
  const deps = join(folder, "deps");
  if (existsSync(deps)) return;
  const project = kind === "gpu" ? "tensorflow" : "tensorflow-cpu";
  const wheel = await findWheel(project);
  const archive = join(cacheFolder, "downloads", wheel.fileName);
  await download({
    url: wheel.url,
    target: archive,
    digest: wheel.sha256 === undefined
      ? undefined
      : { algorithm: "sha256", hex: wheel.sha256 },
  }, progress);
  const partial = `${deps}.tmp`;
  await rm(partial, { recursive: true, force: true });
  await unpack(archive, partial);
  await rename(partial, deps);
  await rm(archive);
}

async function findWheel(project: string): Promise<Wheel> {
  const platform = platformPattern();
  const wheel = platform &&
    chooseWheel(
      await listWheels(await indexAddress(), project),
      wheelVersion,
      platform,
    );
  if (wheel) return wheel;
  throw new SetupProblem(
    `${project} ${wheelVersion} has no wheel for ${Deno.build.os} on ${Deno.build.arch}`,
    "use Linux, or go on without native TensorFlow",
  );
}

async function unpack(archive: string, deps: string): Promise<void> {
  const lib = join(deps, "lib");
  await mkdir(lib, { recursive: true });
  for (const entry of await listZip(archive)) {
    const header = headers.exec(entry.name)?.[1] ??
      stringHeaders.exec(entry.name)?.[1];
    if (header) {
      await extractEntry(archive, entry, join(deps, "include", header));
    }
    const library = libraries.exec(entry.name)?.[1];
    if (library === undefined) continue;
    await extractEntry(archive, entry, join(lib, library));
    await symlink(basename(library), join(lib, linkerName(library)));
  }
}

/** The name that `-ltensorflow` and `-ltensorflow_framework` look for. */
function linkerName(library: string): string {
  const stem = library.startsWith("libtensorflow_cc")
    ? "libtensorflow"
    : "libtensorflow_framework";
  return `${stem}.${library.includes("dylib") ? "dylib" : "so"}`;
}
