/**
 * How the parent starts children that run Python: the image of a booted
 * interpreter, made once for each version of everything that goes into it and
 * kept in the cache folder.
 *
 * Making it takes two processes of their own, some six seconds and nothing that the
 * children get; from then on a start reads 59 MB and a child is ready in half a
 * second. The image is the same, byte for byte, wherever it is made.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

import type { EngineRecipe } from "../language_engine.ts";
import { type PythonImage, readImage, writeImage } from "./python_image.ts";

const VERSION = "314.0.7";
/** Of `pyodide.asm.wasm`: CPython 3.14.2 and its extension modules. */
const SHA256 =
  "cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6";
/** Files whose change makes another image. */
const PACKAGE_FILES = [
  ...["pyodide.asm.wasm", "pyodide.asm.mjs", "pyodide.mjs"],
  "python_stdlib.zip",
];
const OWN_FILES = [
  ...["../wasm/assembler.ts", "../wasm/meter.ts", "../wasm/patch.ts"],
  ...["python_boot.ts", "python_build.ts", "python_depth.ts"],
  "python_expected.ts",
  ...["python_hash.ts", "python_hash_places.ts", "python_hash_use.ts"],
  ...["python_image.ts", "python_mirror.ts", "python_pages.ts"],
  ...["python_patches.ts", "python_seal.ts", "python_tables.ts"],
  "python_width.ts",
];
/** KiB. The most that an ordinary 8 MiB thread can hold. */
const STACK_SIZE = 7000;
/**
 * V8 compiles a function a second time, well, when it has run for a while. Without
 * inlining and at four times the usual budget the first thousand programs take two
 * thirds as long; what inlining gives in the end pays after some ten thousand
 * (`deno task bench python_profile`).
 */
const COMPILER = ["--no-wasm-inlining", "--wasm-tiering-budget=50000000"];
const HASH_BYTES = 32;

const PACKAGE = new URL("../../../node_modules/pyodide/", import.meta.url);
const CACHE = new URL("../../../.cache/executor/", import.meta.url);

let image: Promise<Uint8Array<ArrayBuffer>> | null = null;

/** The recipe for Python. Throws if Pyodide is not the pinned one or does not boot. */
export async function pythonRecipe(): Promise<EngineRecipe> {
  image ??= pythonImage();
  const payload = await image;
  return {
    name: "pyodide",
    languages: ["python"],
    identity: {
      name: "pyodide",
      version: VERSION,
      sha256: sha256(payload).toString("hex"),
    },
    permissions: [],
    v8Flags: [`--stack-size=${STACK_SIZE}`, ...COMPILER],
    payload,
  };
}

/** From the cache, or made and put there. */
async function pythonImage(): Promise<Uint8Array<ArrayBuffer>> {
  const path = new URL(`python-${await inputsHash()}.image`, CACHE);
  const cached = await readChecked(path);
  if (cached) return cached;
  const made = await makeImage();
  await Deno.mkdir(CACHE, { recursive: true });
  const temporary = new URL(`${path.href}.${crypto.randomUUID()}.tmp`);
  await Deno.writeFile(temporary, Buffer.concat([sha256(made), made]));
  await Deno.rename(temporary, path);
  return made;
}

/** The image behind its hash; null if it is missing or damaged. */
async function readChecked(
  path: URL,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const bytes = await Deno.readFile(path);
    const content = bytes.subarray(HASH_BYTES);
    const isWhole = sha256(content).equals(bytes.subarray(0, HASH_BYTES));
    return isWhole ? content : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A name for everything that decides what the image is. */
async function inputsHash(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of PACKAGE_FILES) {
    const bytes = await Deno.readFile(new URL(name, PACKAGE));
    if (name === "pyodide.asm.wasm") checkPinned(bytes);
    hash.update(sha256(bytes));
  }
  for (const name of OWN_FILES) {
    hash.update(sha256(await Deno.readFile(new URL(name, import.meta.url))));
  }
  return hash.digest("hex").slice(0, 16);
}

function checkPinned(wasm: Uint8Array): void {
  const found = sha256(wasm).toString("hex");
  if (found !== SHA256) {
    throw new Error(
      `${PACKAGE.pathname}pyodide.asm.wasm is not pyodide ${VERSION} ` +
        `(sha256 ${found}): reinstall it with \`deno install\`, ` +
        "or verdicts would change",
    );
  }
}

/** Both snapshots of one module, each booted in a process of its own. */
async function makeImage(): Promise<Uint8Array<ArrayBuffer>> {
  const [usual, mirror] = await Promise.all([boot("usual"), boot("mirror")]);
  return writeImage({
    ...usual,
    snapshots: [...usual.snapshots, ...mirror.snapshots],
  });
}

/** Boots Pyodide in a process that may read its package and nothing else. */
async function boot(kind: "usual" | "mirror"): Promise<PythonImage> {
  const script = fileURLToPath(new URL("./python_build.ts", import.meta.url));
  const folder = await Deno.realPath(PACKAGE);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-remote", "--no-lock"],
      ...[`--allow-read=${folder}`, script, folder, kind],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success || stdout.length === 0) {
    throw new Error(
      "the Python interpreter did not boot; remove node_modules/ and run " +
        `\`deno install\`. It said: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return readImage(stdout);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
