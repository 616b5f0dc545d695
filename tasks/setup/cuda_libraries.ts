/**
 * Fetches the CUDA libraries that the GPU build of libtensorflow loads, from NVIDIA's
 * own wheels on PyPI. The TensorFlow wheel names the libraries and their versions (its
 * extra `and-cuda`). The libraries are laid beside libtensorflow as that wheel expects
 * them (`../nvidia/<part>/lib`), so that no CUDA installation is needed. The graphics
 * driver is the machine's own. Left out: NVIDIA's compiler, which XLA uses and tfjs does
 * not.
 */

import { join } from "node:path";
import { download, type DownloadProgress } from "./download.ts";
import { SetupProblem } from "./problem.ts";
import {
  indexAddress,
  listWheels,
  platformPattern,
  type Wheel,
} from "./pypi.ts";
import { extractEntry, withZip } from "./zip.ts";

/**
 * A PyPI project with the bounds on its version, such as `["<13.0", ">=12.5"]`.
 */
export interface Requirement {
  readonly project: string;
  readonly bounds: readonly string[];
}

/** Returns the requirements of the extra `and-cuda` in a wheel's METADATA file. */
export function cudaRequirements(metadata: string): Requirement[] {
  const requirements: Requirement[] = [];
  for (const line of metadata.split("\n")) {
    const found =
      /^Requires-Dist: ([\w.-]+?)([<>=!~][^;]*)?; extra == ["']and-cuda["']/
        .exec(line);
    if (found === null || found[1].includes("nvcc")) continue;
    const bounds = (found[2] ?? "").split(",").map((bound) => bound.trim());
    requirements.push({
      project: found[1],
      bounds: bounds.filter((bound) => bound !== ""),
    });
  }
  return requirements;
}

/** Returns the newest wheel within the bounds, previews left out. */
export function newestWithin(
  wheels: readonly Wheel[],
  bounds: readonly string[],
  platform: RegExp,
): Wheel | undefined {
  return wheels
    .filter(({ fileName }) => {
      const version = fileName.split("-")[1];
      return platform.test(fileName) && /^[\d.]+$/.test(version) &&
        bounds.every((bound) => isWithin(version, bound));
    })
    .sort((left, right) =>
      compareVersions(left.fileName.split("-")[1], right.fileName.split("-")[1])
    )
    .at(-1);
}

function isWithin(version: string, bound: string): boolean {
  const [, operator, limit] = /^(<=|>=|==|<|>)\s*([\d.]+)$/.exec(bound) ?? [];
  const order = limit === undefined ? NaN : compareVersions(version, limit);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "==":
      return order === 0;
    default:
      throw new Error(
        `the version bound "${bound}" is of a kind that set-up does not know`,
      );
  }
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  for (let part = 0; part < Math.max(a.length, b.length); part++) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Fetches every required wheel and unpacks its libraries into `<deps>/nvidia`.
 * Returns the archives used.
 */
export async function fetchCudaLibraries(
  requirements: readonly Requirement[],
  deps: string,
  downloads: string,
  progress: DownloadProgress,
): Promise<string[]> {
  const platform = platformPattern();
  const index = await indexAddress();
  const archives: string[] = [];
  for (const { project, bounds } of requirements) {
    const wheel = platform &&
      newestWithin(await listWheels(index, project), bounds, platform);
    if (!wheel) {
      throw new SetupProblem(
        `${project} ${bounds.join(",")} has no wheel for this machine`,
        "name an index that has it in PIP_INDEX_URL",
      );
    }
    const archive = join(downloads, wheel.fileName);
    await download(
      { url: wheel.url, target: archive, digest: wheel.digest },
      progress,
    );
    await withZip(archive, async (entries) => {
      for (const entry of entries) {
        const isLibrary = /^nvidia\/\w+\/lib\/[^/]+\.so[.\d]*$/.test(
          entry.name,
        );
        if (isLibrary) await extractEntry(entry, join(deps, entry.name));
      }
    });
    archives.push(archive);
  }
  return archives;
}
