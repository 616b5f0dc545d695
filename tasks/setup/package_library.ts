/**
 * Fetches libtensorflow and a compiled addon from the npm package's own source at
 * Google's storage. That libtensorflow is older (2.9.1), but it is the only one for a
 * machine without a C++ compiler. `TFJS_NODE_CDN_STORAGE` names a mirror, as it does for
 * the package's own install script.
 */

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { runQuietly } from "./commands.ts";
import { download, type DownloadProgress } from "./download.ts";
import { SetupProblem } from "./problem.ts";
import { cacheFolder, packageLibraryVersion } from "./project.ts";

const packageVersion = "4.22.0";

function storage(): string {
  const base = Deno.env.get("TFJS_NODE_CDN_STORAGE") ??
    "https://storage.googleapis.com/";
  return base.endsWith("/") ? base : `${base}/`;
}

/**
 * Fetches `<folder>/deps`. Throws where that fails, and on any machine but Linux on
 * x86-64, since the package offers little else.
 */
export async function fetchPackageLibrary(
  kind: "cpu" | "gpu",
  folder: string,
  progress: DownloadProgress,
): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new SetupProblem(
      `the npm package offers no libtensorflow for ${Deno.build.os} on ${Deno.build.arch}`,
      "use Linux on x86-64, or go on without native TensorFlow",
    );
  }
  const name =
    `libtensorflow-${kind}-linux-x86_64-${packageLibraryVersion}.tar.gz`;
  await fetchAndUnpack(
    `${storage()}tensorflow/libtensorflow/${name}`,
    name,
    join(folder, "deps"),
    [],
    progress,
  );
}

/** Fetches the package's compiled addon into `<folder>/lib/napi-v8`. Throws where that fails. */
export async function fetchPackageAddon(
  kind: "cpu" | "gpu",
  folder: string,
  progress: DownloadProgress,
): Promise<void> {
  const name = `${kind.toUpperCase()}-linux-${packageVersion}.tar.gz`;
  await fetchAndUnpack(
    `${storage()}tf-builds/pre-built-binary/napi-v8/${packageVersion}/${name}`,
    name,
    join(folder, "lib", "napi-v8"),
    ["--strip-components=1"],
    progress,
  );
}

async function fetchAndUnpack(
  url: string,
  name: string,
  target: string,
  tarOptions: string[],
  progress: DownloadProgress,
): Promise<void> {
  if (existsSync(target)) return;
  const archive = join(cacheFolder, "downloads", name);
  await download({ url, target: archive }, progress);
  const partial = `${target}.tmp`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const finished = await runQuietly("tar", [
    "-xzf",
    archive,
    "-C",
    partial,
    ...tarOptions,
  ]);
  await rm(archive);
  if (!finished.success) {
    throw new Error(
      `${url} does not unpack: ${finished.errors.trim().split("\n")[0]}`,
    );
  }
  await rename(partial, target);
}
