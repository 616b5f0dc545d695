/**
 * The choice of the backend that computes, by the machine's hardware or by name.
 *
 * Order: TensorFlow on an NVIDIA GPU, TensorFlow on the processor, WebGPU on a
 * real adapter, WebAssembly, plain JavaScript. Native TensorFlow is many times
 * faster than WebAssembly in training, so it is taken whenever its addon loads.
 * Left out: building the addon (`deno task setup` does that).
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import nodeUtil from "node:util";
import { withoutNotices } from "./native_notices.ts";

/** Backends, best first. */
const BACKEND_NAMES = [
  "tfjs-node-gpu",
  "tfjs-node",
  "webgpu",
  "wasm",
  "cpu",
] as const;
export type BackendName = typeof BACKEND_NAMES[number];

/** The reason for which a backend was taken or passed over. */
export interface BackendDecision {
  name: BackendName;
  taken: boolean;
  reason: string;
}

/** The running backend and the decisions that chose it. */
export interface BackendInfo {
  name: BackendName;
  /** The reason for the choice, in one line. */
  reason: string;
  /** The tried backends, in order; the last one is running. */
  decisions: BackendDecision[];
}

let running: BackendInfo | undefined;

/**
 * Starts a backend, once per process; later calls return the running one.
 *
 * `preferred`, or else the environment variable AZR_BACKEND, names one backend
 * and nothing else is tried. Throws when the named backend cannot start, or when
 * another one is already running.
 */
export async function startBackend(preferred?: string): Promise<BackendInfo> {
  const wanted = preferred ?? environment("AZR_BACKEND");
  if (running !== undefined) {
    if (preferred === undefined || preferred === running.name) return running;
    throw new Error(
      `backend "${running.name}" is already running in this process; ` +
        `"${preferred}" needs a fresh one`,
    );
  }
  if (wanted !== undefined && wanted !== "") {
    running = await startNamed(wanted);
    return running;
  }
  const decisions: BackendDecision[] = [];
  for (const name of BACKEND_NAMES) {
    const attempt = await tryBackend(name);
    decisions.push({ name, taken: attempt.started, reason: attempt.reason });
    if (attempt.started) {
      running = { name, reason: attempt.reason, decisions };
      return running;
    }
  }
  throw new Error(
    "no backend started: " +
      decisions.map(({ name, reason }) => `${name}: ${reason}`).join("; "),
  );
}

/** Returns the running backend. Throws before `startBackend`. */
export function currentBackend(): BackendInfo {
  if (running === undefined) {
    throw new Error("no backend is running yet; await startBackend() first");
  }
  return running;
}

/**
 * Tells whether graphs run without copies: native TensorFlow computes, and no card does.
 * The interface hands a graph its inputs through the processor's memory
 * (TFE_TensorHandleResolve in tfjs_backend.cc), so that on a card every run would copy all
 * weights there and back. The package for cards without a card computes on the processor,
 * and then graphs run. AZR_GRAPHS=off takes a card's path on a processor, to try it.
 */
export function runsGraphs(): boolean {
  if (environment("AZR_GRAPHS") === "off") return false;
  return tf.getBackend() === "tensorflow" && !computesOnCard();
}

/** Tells whether native TensorFlow computes on a card. */
export function computesOnCard(): boolean {
  if (tf.getBackend() !== "tensorflow") return false;
  const native = tf.backend() as unknown as { isUsingGpuDevice: boolean };
  return native.isUsingGpuDevice;
}

async function startNamed(wanted: string): Promise<BackendInfo> {
  const name = BACKEND_NAMES.find((known) => known === wanted);
  if (name === undefined) {
    throw new Error(
      `unknown backend "${wanted}"; choose one of ${BACKEND_NAMES.join(", ")}`,
    );
  }
  const attempt = await tryBackend(name);
  if (!attempt.started) {
    throw new Error(`backend "${name}" cannot start: ${attempt.reason}`);
  }
  const reason = `${attempt.reason} (asked for by name)`;
  return { name, reason, decisions: [{ name, taken: true, reason }] };
}

interface Attempt {
  started: boolean;
  reason: string;
}

async function tryBackend(name: BackendName): Promise<Attempt> {
  try {
    switch (name) {
      case "tfjs-node-gpu":
        return tryTensorFlowGpu();
      case "tfjs-node":
        return tryTensorFlow("@tensorflow/tfjs-node", "on the processor");
      case "webgpu":
        return await tryWebGpu();
      case "wasm":
        return await tryWasm();
      case "cpu":
        await tf.setBackend("cpu");
        return { started: true, reason: "plain JavaScript, very slow" };
    }
  } catch (error) {
    return { started: false, reason: firstLine(error) };
  }
}

function tryTensorFlowGpu(): Attempt {
  if (!hasNvidiaGpu()) {
    return { started: false, reason: "no NVIDIA GPU is visible" };
  }
  return tryTensorFlow("@tensorflow/tfjs-node-gpu", "on the NVIDIA GPU");
}

/**
 * Loads the package, which registers and selects the "tensorflow" backend in the
 * one tfjs-core that both share (CommonJS resolves to the same file).
 */
function tryTensorFlow(packageName: string, where: string): Attempt {
  setUnlessGiven("TF_CPP_MIN_LOG_LEVEL", "2");
  // The thread that asks for a matrix product takes part in it, instead of
  // sleeping until the others are done: half as many context switches per step.
  setUnlessGiven("TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD", "true");
  // TensorFlow then divides fewer operations that are too small to gain by it: a
  // batch of products costing 210 thousand multiplications, instead of 20.
  if (environment("TF_USE_EIGEN_PARALLEL_FOR_IN_WORK_SHARDER") === undefined) {
    Deno.env.set("TF_USE_EIGEN_PARALLEL_FOR_IN_WORK_SHARDER", "true");
  }
  restoreRemovedUtilities();
  const require = createRequire(import.meta.url);
  let tensorflow: typeof tf;
  try {
    tensorflow = withoutNotices(() => require(packageName));
  } catch (error) {
    const line = firstLine(error);
    const missing = /tfjs_binding\.node|Cannot find module|can not be found/
      .test(line);
    return {
      started: false,
      reason: missing
        ? `${packageName} is not built here; run "deno task setup"`
        : `${packageName} does not load: ${line}`,
    };
  }
  if (tensorflow.engine() !== tf.engine() || tf.getBackend() !== "tensorflow") {
    return {
      started: false,
      reason: `${packageName} brought a second copy of tfjs-core`,
    };
  }
  return { started: true, reason: `native TensorFlow ${where}` };
}

/**
 * Restores two functions of `node:util` that Node 23 and Deno have removed and that
 * tfjs-node 4.22 calls.
 */
function restoreRemovedUtilities() {
  const util = nodeUtil as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) =>
    value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

async function tryWebGpu(): Promise<Attempt> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter === null || adapter === undefined) {
    return { started: false, reason: "no WebGPU adapter" };
  }
  const label = `${adapter.info.vendor} ${adapter.info.description}`.trim();
  if (/llvmpipe|lavapipe|swiftshader|software/i.test(label)) {
    return {
      started: false,
      reason: `the only WebGPU adapter is a software one (${label})`,
    };
  }
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!await tf.setBackend("webgpu")) {
    return { started: false, reason: "the WebGPU backend refused to start" };
  }
  await tf.ready();
  return { started: true, reason: `WebGPU on ${label || "an adapter"}` };
}

async function tryWasm(): Promise<Attempt> {
  const require = createRequire(import.meta.url);
  const entry = require.resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(join(dirname(entry), "/"));
  if (!await tf.setBackend("wasm")) {
    return { started: false, reason: "the WebAssembly backend did not start" };
  }
  await tf.ready();
  return { started: true, reason: "WebAssembly: the portable fallback, slow" };
}

/** Tells whether an NVIDIA device exists. A container may have any card, such as `nvidia3`; `dxg` is WSL's. */
function hasNvidiaGpu(): boolean {
  try {
    for (const { name } of Deno.readDirSync("/dev")) {
      if (/^nvidia\d+$/.test(name) || name === "dxg") return true;
    }
  } catch {
    // No such folder, or not ours to see: either way not usable.
  }
  return false;
}

function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

/** Sets an environment variable that is not set. TensorFlow reads its variables when its library loads. */
function setUnlessGiven(name: string, value: string) {
  if (environment(name) === undefined) Deno.env.set(name, value);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0].trim();
}
