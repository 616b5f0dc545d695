/**
 * Takes libtensorflow out of the wheel on PyPI. Only the two libraries and the C headers
 * are unpacked: 273 MB to download and 0.85 GB on disk for the processor build, where the
 * whole wheel would take 1.3 GB.
 */

import { existsSync } from "node:fs";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { cudaRequirements, fetchCudaLibraries } from "./cuda_libraries.ts";
import { download, type DownloadProgress } from "./download.ts";
import { SetupProblem } from "./problem.ts";
import { cacheFolder, wheelVersion } from "./project.ts";
import {
  chooseWheel,
  indexAddress,
  listWheels,
  offeredInstead,
  platformPattern,
  type Wheel,
} from "./pypi.ts";
import { extractEntry, withZip } from "./zip.ts";

const headers = /^tensorflow\/include\/((?:tensorflow|xla\/tsl)\/c\/.*\.h)$/;
const stringHeaders =
  /^tensorflow\/include\/((?:tensorflow\/core|tsl)\/platform\/ctstring[a-z_]*\.h)$/;
const libraries =
  /^tensorflow\/(libtensorflow_(?:cc|framework)[.\d]*(?:so|dylib)[.\d]*)$/;

/**
 * Unpacks `<folder>/deps/lib` and `<folder>/deps/include`. Throws where that fails, and
 * then leaves neither.
 */
export async function fetchWheelLibrary(
  kind: "cpu" | "gpu",
  folder: string,
  progress: DownloadProgress,
): Promise<void> {
  const deps = join(folder, "deps");
  if (existsSync(deps)) return;
  const wheel = await findWheel(wheelProject(kind));
  const downloads = join(cacheFolder, "downloads");
  const archives = [join(downloads, wheel.fileName)];
  await download(
    { url: wheel.url, target: archives[0], digest: wheel.digest },
    progress,
  );
  const partial = `${deps}.tmp`;
  await rm(partial, { recursive: true, force: true });
  const metadata = await unpack(archives[0], partial);
  if (kind === "gpu") {
    const requirements = cudaRequirements(metadata);
    archives.push(
      ...await fetchCudaLibraries(requirements, partial, downloads, progress),
    );
  }
  await rename(partial, deps);
  for (const archive of archives) await rm(archive);
}

/**
 * Returns the PyPI project of a build. `tensorflow-cpu` is smaller and exists for x86-64
 * alone; on other processors `tensorflow` has no GPU part.
 */
function wheelProject(kind: "cpu" | "gpu"): string {
  const { os, arch } = Deno.build;
  return kind === "cpu" && os === "linux" && arch === "x86_64"
    ? "tensorflow-cpu"
    : "tensorflow";
}

async function findWheel(project: string): Promise<Wheel> {
  const platform = platformPattern();
  if (platform === undefined) {
    throw new SetupProblem(
      `${project} ${wheelVersion} has no wheel for ${Deno.build.os} on ${Deno.build.arch}`,
      "use Linux or a Mac with Apple silicon, or go on without native TensorFlow",
    );
  }
  const index = await indexAddress();
  const wheels = await listWheels(index, project);
  const wheel = chooseWheel(wheels, wheelVersion, platform);
  if (wheel) return wheel;
  // The address may hold a password.
  const { host } = new URL(index);
  throw new SetupProblem(
    `the package index at ${host} lacks ${project} ${wheelVersion} and has ${
      offeredInstead(wheels, platform)
    }`,
    "the index is out of date: name another one in PIP_INDEX_URL, or wait until " +
      "this one is updated, and run `deno task setup` again",
  );
}

/** Unpacks the libraries and headers, and returns the text of the wheel's METADATA. */
async function unpack(archive: string, deps: string): Promise<string> {
  const lib = join(deps, "lib");
  const metadata = join(deps, "METADATA");
  await mkdir(lib, { recursive: true });
  await withZip(archive, async (entries) => {
    for (const entry of entries) {
      const header = headers.exec(entry.name)?.[1] ??
        stringHeaders.exec(entry.name)?.[1];
      if (header) await extractEntry(entry, join(deps, "include", header));
      if (entry.name.endsWith(".dist-info/METADATA")) {
        await extractEntry(entry, metadata);
      }
      const library = libraries.exec(entry.name)?.[1];
      if (library === undefined) continue;
      await extractEntry(entry, join(lib, library));
      await symlink(library, join(lib, linkerName(library)));
    }
  });
  return await Deno.readTextFile(metadata);
}

/** Returns the name that `-ltensorflow` and `-ltensorflow_framework` look for. */
function linkerName(library: string): string {
  const stem = library.startsWith("libtensorflow_cc")
    ? "libtensorflow"
    : "libtensorflow_framework";
  return `${stem}.${library.includes("dylib") ? "dylib" : "so"}`;
}
