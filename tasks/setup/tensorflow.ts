/**
 * Installs native TensorFlow for the npm packages `@tensorflow/tfjs-node` and
 * `@tensorflow/tfjs-node-gpu`.
 *
 * The packages ship the C++ source of their addon and nothing compiled. Their
 * own install script takes libtensorflow 2.9.1 (2022) from a host that closed
 * networks cannot reach, and its GPU build knows no card newer than sm_80. The
 * wheels on PyPI carry the same C API in a current release. So libtensorflow comes from
 * PyPI, and the addon is compiled against that library. The package's own download is the
 * second choice.
 *
 * Library and addon lie in `.cache/tensorflow-…/`, laid out like the package
 * folder and linked from it, so that a new node_modules costs neither a
 * download nor a compilation.
 */

import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { rm, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  addonPath,
  buildAddon,
  findCompiler,
  noCompiler,
  tryAddon,
} from "./addon.ts";
import { findProgram, runQuietly } from "./commands.ts";
import type { DownloadProgress } from "./download.ts";
import { fetchPackageAddon, fetchPackageLibrary } from "./package_library.ts";
import { cureOf, firstLine, SetupProblem } from "./problem.ts";
import {
  cacheFolder,
  packageLibraryVersion,
  projectFolder,
  wheelVersion,
} from "./project.ts";
import { fetchWheelLibrary } from "./wheel_library.ts";

/** The processor build, or the one that also drives NVIDIA GPUs. */
export type TensorFlowKind = "cpu" | "gpu";

/**
 * Returns `gpu` where an NVIDIA GPU is seen: as a device of this system or container,
 * or by nvidia-smi. /proc/driver/nvidia does not count: a container without a
 * GPU sees its host's. Linux on x86-64 only, as the GPU build is.
 */
export async function wantedKind(): Promise<TensorFlowKind> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return "cpu";
  const devices = existsSync("/dev") ? readdirSync("/dev") : [];
  if (devices.some((name) => /^nvidia\d+$/.test(name))) return "gpu";
  const program = findProgram("nvidia-smi");
  if (program === undefined) return "cpu";
  const { success, output } = await runQuietly(program, ["-L"]);
  return success && output.includes("GPU ") ? "gpu" : "cpu";
}

/** Returns the npm package of one kind, as it lies in node_modules. */
export function packageFolder(kind: TensorFlowKind): string {
  const name = kind === "gpu" ? "tfjs-node-gpu" : "tfjs-node";
  return join(projectFolder, "node_modules", "@tensorflow", name);
}

/**
 * Makes the package of `kind` loadable and returns one line on its parts. Returns at once
 * where the package is loadable already. Throws a `SetupProblem` where this machine cannot
 * have the package.
 */
export async function installTensorFlow(
  kind: TensorFlowKind,
  progress: DownloadProgress,
): Promise<string> {
  if (!existsSync(packageFolder(kind))) {
    throw new SetupProblem(
      `${packageFolder(kind)} is missing`,
      "connect to the npm registry and run `deno task setup` again",
    );
  }
  const fromWheel = join(cacheFolder, `tensorflow-${wheelVersion}-${kind}`);
  const fromPackage = join(
    cacheFolder,
    `tensorflow-${packageLibraryVersion}-${kind}`,
  );
  for (const folder of [fromWheel, fromPackage]) {
    if (
      existsSync(join(folder, addonPath)) && existsSync(join(folder, "done"))
    ) {
      await linkInto(packageFolder(kind), folder);
      return `${await Deno.readTextFile(join(folder, "done"))}, built earlier`;
    }
  }
  const [folder, description] = await buildEither(
    kind,
    fromWheel,
    fromPackage,
    progress,
  );
  const version = await tryAddon(folder);
  const done = `TensorFlow ${version} (${kind}) from ${description}`;
  await Deno.writeTextFile(join(folder, "done"), done);
  await linkInto(packageFolder(kind), folder);
  return done;
}

async function buildEither(
  kind: TensorFlowKind,
  fromWheel: string,
  fromPackage: string,
  progress: DownloadProgress,
): Promise<[folder: string, description: string]> {
  const wheelProblem = await attempt(async () => {
    if (findCompiler() === undefined) throw noCompiler();
    await fetchWheelLibrary(kind, fromWheel, progress);
    await buildAddon(packageFolder(kind), fromWheel);
    await tryAddon(fromWheel);
  });
  if (wheelProblem === undefined) return [fromWheel, "the PyPI wheel"];
  const packageProblem = await attempt(async () => {
    await fetchPackageLibrary(kind, fromPackage, progress);
    if (findCompiler() === undefined) {
      await fetchPackageAddon(kind, fromPackage, progress);
    } else await buildAddon(packageFolder(kind), fromPackage);
    await tryAddon(fromPackage);
  });
  if (packageProblem === undefined) {
    return [fromPackage, "the npm package's own download"];
  }
  if (wheelProblem instanceof SetupProblem) throw wheelProblem;
  throw new SetupProblem(
    `libtensorflow could not be fetched (${firstLine(wheelProblem)})`,
    cureOf(
      wheelProblem,
      "the Python package index (PIP_INDEX_URL names another one)",
    ),
  );
}

/**
 * Runs `work` and returns the error that it threw, so that a second source can be tried.
 */
async function attempt(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error ?? new Error("unknown error");
  }
}

/**
 * Links `deps` and `lib` of the package to the cache, replacing links that
 * point elsewhere.
 */
async function linkInto(packageFolder: string, folder: string): Promise<void> {
  const realFolder = await Deno.realPath(packageFolder);
  for (const name of ["deps", "lib"]) {
    const link = join(realFolder, name);
    const target = relative(realFolder, join(folder, name));
    if (isLinkTo(link, target)) continue;
    await rm(link, { recursive: true, force: true });
    await symlink(target, link, "junction");
  }
}

function isLinkTo(link: string, target: string): boolean {
  try {
    return lstatSync(link).isSymbolicLink() && readlinkSync(link) === target;
  } catch {
    return false;
  }
}

/**
 * Removes the links, so that a package without an addon counts as missing instead of
 * failing to load.
 */
export async function unlinkTensorFlow(kind: TensorFlowKind): Promise<void> {
  if (!existsSync(packageFolder(kind))) return;
  const realFolder = await Deno.realPath(packageFolder(kind));
  for (const name of ["deps", "lib"]) {
    await rm(join(realFolder, name), { recursive: true, force: true });
  }
}
