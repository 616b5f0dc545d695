/**
 * `deno task setup [--without-jupyter]`: brings everything the kit needs into
 * the project folder.
 *
 * A second run fetches and builds nothing again and needs no network. A run that was cut
 * off goes on where it stopped. For a part that this machine cannot have, set-up prints
 * one line that names the cure. The file imports no npm package, since set-up installs
 * them.
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
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task setup [--without-jupyter]\n",
  "brings everything that is missing into the project folder",
  "  --without-jupyter  leave out JupyterLab, which only notebooks in a browser need",
].join("\n");

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

/** Installs the GPU build where a GPU is seen, and the processor build elsewhere or where the GPU build fails. */
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
  const { values } = readWords(args, {
    "without-jupyter": { type: "boolean" },
  });
  const lock = await waitForOthers();
  try {
    const steps = values["without-jupyter"]
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
 * Locks the project for one set-up, since two at once would write the same files: the
 * later one waits. A set-up that dies frees the lock. Returns null where this user may
 * not write here: then this user's set-up can write nothing, and a complete one need not.
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

if (import.meta.main) await runTask(USAGE, main);
