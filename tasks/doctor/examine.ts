/**
 * Looks at what is there: the backend that starts, the versions, Jupyter, the
 * kernel, the GPU and Chromium. Changes nothing. Every finding that is missing
 * something carries the cure.
 */

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { findCompiler } from "../setup/addon.ts";
import { findProgram, runQuietly } from "../setup/commands.ts";
import { kernelFolders, venvPython } from "../setup/jupyter.ts";
import { firstLine } from "../setup/problem.ts";
import { pinnedDenoPath, pinnedDenoVersion } from "../setup/project.ts";

/** Something that is not there, what that costs and how to get it. */
export interface Missing {
  readonly what: string;
  readonly cure: string;
}

/**
 * All findings. A part that is absent is `null`, and `missing` says what to do
 * about it.
 */
export interface Examination {
  /**
   * The tfjs backend that computes: `tensorflow`, `webgpu`, `wasm` or `cpu`.
   */
  backend: string | null;
  /** Device that computes: `cpu` or `gpu`. */
  device: string;
  /** The processor's or the graphics card's own name. */
  deviceName: string;
  /**
   * Why this backend, in one line, then why each better one was passed over.
   */
  why: string[];
  /** Version of the native TensorFlow library. */
  tensorflow: string | null;
  deno: string;
  pinnedDeno: string;
  /** The Deno binary that Jupyter starts as its kernel. */
  kernel: string | null;
  /** Version of JupyterLab in `.venv`. */
  jupyter: string | null;
  gpu: string | null;
  chromium: string | null;
  missing: Missing[];
}

/**
 * Examines the machine and the project folder; starts the backend, which takes
 * about a second.
 */
export async function examine(): Promise<Examination> {
  const missing: Missing[] = [];
  const gpu = await findGpu();
  const computing = await findBackend(gpu, missing);
  return {
    ...computing,
    deno: Deno.version.deno,
    pinnedDeno: findPinnedDeno(missing),
    kernel: await findKernel(missing),
    jupyter: await findJupyter(missing),
    gpu,
    chromium: findChromium(missing),
    missing,
  };
}

type Computing = Pick<
  Examination,
  "backend" | "device" | "deviceName" | "why" | "tensorflow"
>;

async function findBackend(
  gpu: string | null,
  missing: Missing[],
): Promise<Computing> {
  const processor = `${
    cpus()[0]?.model.trim() ?? "unknown processor"
  }, ${cpus().length} cores`;
  const nothing = {
    backend: null,
    device: "cpu",
    deviceName: processor,
    tensorflow: null,
  };
  try {
    const { currentBackend, startBackend } = await import(
      "../../lib/model/mod.ts"
    );
    const tf = await import("@tensorflow/tfjs");
    await startBackend();
    const { name, reason, decisions } = currentBackend();
    const passedOver = decisions.filter(({ taken }) => !taken);
    const tensorflow = name.startsWith("tfjs-node")
      ? nativeVersion(tf.backend())
      : null;
    if (tensorflow === null) missing.push(missingTensorFlow());
    const onGpu = name === "tfjs-node-gpu" ? gpu !== null : name === "webgpu";
    return {
      backend: tf.getBackend(),
      device: onGpu ? "gpu" : "cpu",
      deviceName: onGpu ? gpu ?? reason : processor,
      why: [
        reason,
        ...passedOver.map((other) => `not ${other.name}: ${other.reason}`),
      ],
      tensorflow,
    };
  } catch (error) {
    missing.push({
      what: `no backend starts: ${firstLine(error)}`,
      cure: "run `deno task setup`",
    });
    return { ...nothing, why: [firstLine(error)] };
  }
}

/**
 * tfjs-node keeps its addon in `binding`, whose TF_Version is libtensorflow's
 * own.
 */
function nativeVersion(backend: unknown): string {
  return (backend as { binding?: { TF_Version?: string } }).binding
    ?.TF_Version ?? "unknown";
}

function missingTensorFlow(): Missing {
  const compiler = findCompiler() === undefined
    ? "install a C++ compiler (Debian: apt-get install g++), then "
    : "";
  return {
    what: "native TensorFlow: training is 20 times slower without it",
    cure: `${compiler}run \`deno task setup\``,
  };
}

async function findGpu(): Promise<string | null> {
  const program = findProgram("nvidia-smi");
  if (program === undefined) return null;
  const { success, output } = await runQuietly(program, [
    "--query-gpu=name",
    "--format=csv,noheader",
  ]);
  const name = output.trim().split("\n")[0];
  return success && name !== "" ? name : null;
}

function findPinnedDeno(missing: Missing[]): string {
  const version = pinnedDenoVersion();
  if (!existsSync(pinnedDenoPath())) {
    missing.push({
      what: `Deno ${version} inside the project`,
      cure: "run `deno task setup`",
    });
  }
  return version;
}

async function findKernel(missing: Missing[]): Promise<string | null> {
  const file = join(kernelFolders()[0], "kernel.json");
  if (existsSync(file)) {
    const binary = JSON.parse(await Deno.readTextFile(file)).argv?.[0];
    if (typeof binary === "string" && existsSync(binary)) return binary;
  }
  missing.push({
    what: "the Deno kernel for Jupyter",
    cure: "run `deno task setup`",
  });
  return null;
}

async function findJupyter(missing: Missing[]): Promise<string | null> {
  const { success, output } = await runQuietly(venvPython, [
    "-m",
    "jupyterlab",
    "--version",
  ]);
  if (success) return output.trim();
  const python = findProgram("python3", "python", "uv") === undefined
    ? "install Python 3 (Debian: apt-get install python3-venv) or uv, then "
    : "";
  missing.push({
    what: "JupyterLab: notebooks run without it, but not in a browser",
    cure: `${python}run \`deno task setup\``,
  });
  return null;
}

function findChromium(missing: Missing[]): string | null {
  const names = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
  ];
  const program = findProgram(...names);
  if (program !== undefined) return program;
  missing.push({
    what: "Chromium: nothing in the kit needs it; any browser opens JupyterLab",
    cure:
      "to have one on this machine, install it (Debian: apt-get install chromium)",
  });
  return null;
}
