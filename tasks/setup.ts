/**
 * `deno task setup [--without-jupyter]`: brings everything the kit needs into
 * the project folder.
 *
 * Idempotent: what is there is neither fetched nor built again, a second run
 * needs no network, and a run that was cut off goes on where it stopped. What
 * this machine cannot have costs one line that names the cure. Imports no npm
 * package, because it is what installs them.
 */

import { join } from "node:path";
import { installDeno } from "./setup/deno_binary.ts";
import { installJupyter, installKernel } from "./setup/jupyter.ts";
import { installPackages } from "./setup/packages.ts";
import { firstLine, SetupProblem } from "./setup/problem.ts";
import { cacheFolder } from "./setup/project.ts";
import { runSteps, type Step } from "./setup/steps.ts";
import {
  installTensorFlow,
  unlinkTensorFlow,
  wantedKind,
} from "./setup/tensorflow.ts";

const withoutTensorFlow =
  "Until then WebGPU or WebAssembly computes, many times slower";

const runSetup: Step[] = [
  { title: "Deno", work: installDeno },
  { title: "npm packages", work: installPackages },
  {
    title: "native TensorFlow",
    otherwise: withoutTensorFlow,
    work: installBestTensorFlow,
  },
];

const labSetup: Step[] = [
  {
    title: "JupyterLab",
    otherwise:
      "Until then notebooks run without a browser (`deno task notebooks`)",
    work: installJupyter,
  },
  { title: "Deno kernel for Jupyter", work: installKernel },
];

/**
 * The GPU build where a GPU is seen; a GPU build that fails leaves the
 * processor build.
 */
async function installBestTensorFlow(
  progress: (received: number, total?: number) => void,
) {
  if (await wantedKind() === "cpu") {
    return await installTensorFlow("cpu", progress);
  }
  try {
    return await installTensorFlow("gpu", progress);
  } catch (error) {
    await unlinkTensorFlow("gpu");
    const processor = await installTensorFlow("cpu", progress);
    return `${processor}, because the GPU build failed: ${firstLine(error)}`;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((argument) => argument !== "--without-jupyter");
  if (unknown !== undefined) {
    console.error(
      `unknown argument ${unknown}; usage: deno task setup [--without-jupyter]`,
    );
    return 2;
  }
  const lock = await waitForOthers();
  try {
    const steps = args.includes("--without-jupyter")
      ? runSetup
      : [...runSetup, ...labSetup];
    await runSteps(steps);
    return 0;
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    console.error(`✗ ${error.message}`);
    return 1;
  } finally {
    lock?.close();
  }
}

/**
 * Two set-ups at once would write the same files: the later one waits. A set-up
 * that dies frees the lock. Null where this user may not write here: then no
 * set-up of this user's can write anything, and one that is complete needs not.
 */
async function waitForOthers(): Promise<Deno.FsFile | null> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(cacheFolder, { recursive: true });
    lock = await Deno.open(join(cacheFolder, "setup.lock"), {
      create: true,
      write: true,
    });
  } catch (error) {
    if (/os error (13|30)\b/.test(firstLine(error))) return null;
    throw error;
  }
  if (!await lock.tryLock(true)) {
    console.error("… waiting for another set-up of this project to end");
    await lock.lock(true);
  }
  return lock;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
