/**
 * The folders of what set-up makes, and the pinned versions. Every folder lies inside the
 * project; nothing is written to a home folder.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds deno.json. */
export const projectFolder = dirname(
  dirname(dirname(fileURLToPath(import.meta.url))),
);

/**
 * The folder of downloads, of the pinned Deno and of libtensorflow. It survives the
 * removal of node_modules and .venv.
 */
export const cacheFolder = join(projectFolder, ".cache");

/** The folder of JupyterLab's virtual environment. */
export const venvFolder = join(projectFolder, ".venv");

/**
 * A second folder of the kernelspec, for a Jupyter that is not the project's own
 * (`JUPYTER_PATH`).
 */
export const jupyterFolder = join(projectFolder, ".jupyter");

/** The release of the PyPI wheel that libtensorflow is taken from. */
export const wheelVersion = "2.21.0";

/** The release of libtensorflow that the npm package downloads by itself. */
export const packageLibraryVersion = "2.9.1";

/**
 * Returns the pinned version of Deno, which runs the Jupyter kernel too (package.json,
 * `engines.deno`).
 */
export function pinnedDenoVersion(folder = projectFolder): string {
  const file = join(folder, "package.json");
  const version = JSON.parse(readFileSync(file, "utf8")).engines?.deno;
  if (typeof version !== "string" || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(
      `${file}: engines.deno must name one exact Deno version, such as "2.8.1"`,
    );
  }
  return version;
}

/**
 * Returns the pinned Deno binary inside the project, whether it is there yet or not.
 */
export function pinnedDenoPath(version = pinnedDenoVersion()): string {
  const name = Deno.build.os === "windows" ? "deno.exe" : "deno";
  return join(cacheFolder, `deno-${version}`, name);
}
