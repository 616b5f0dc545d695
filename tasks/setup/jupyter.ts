/**
 * Installs JupyterLab with Plotly's renderer in a virtual environment of the project, and
 * the kernelspec that makes the pinned Deno a kernel of JupyterLab. Python is needed for
 * JupyterLab only: notebooks run and are tested without Python.
 */

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findProgram, type Finished, runQuietly } from "./commands.ts";
import { assertNetworkAllowed } from "./offline.ts";
import { cureOf, SetupProblem } from "./problem.ts";
import {
  jupyterFolder,
  pinnedDenoPath,
  projectFolder,
  venvFolder,
} from "./project.ts";

const requirements = join(projectFolder, "requirements-lab.txt");
const stamp = join(venvFolder, "setup-done");

/** The Python of the virtual environment. Its programs are started as modules, since their first lines hold the folder in which they were made. */
export const venvPython = Deno.build.os === "windows"
  ? join(venvFolder, "Scripts", "python.exe")
  : join(venvFolder, "bin", "python");

/**
 * Installs JupyterLab and Plotly. Returns at once when requirements-lab.txt and
 * the project's place are as they were.
 */
export async function installJupyter(): Promise<string> {
  const requirementsText = await Deno.readTextFile(requirements);
  const wanted = `${requirementsText}# in ${venvFolder}\n`;
  const contents = requirementsText.split("\n").filter((line) =>
    /^\w/.test(line)
  ).join(", ");
  const known = existsSync(stamp) ? await Deno.readTextFile(stamp) : "";
  if (known === wanted && existsSync(venvPython)) return contents;
  // The Python of a project that was moved mostly works in its new place.
  if (known.startsWith(requirementsText) && await startsHere()) {
    await Deno.writeTextFile(stamp, wanted);
    return contents;
  }
  const uv = findProgram("uv");
  if (uv === undefined) await installWithPip();
  else await installWithUv(uv);
  await Deno.writeTextFile(stamp, wanted);
  return `${contents}, installed with ${uv === undefined ? "pip" : "uv"}`;
}

/** Tells whether the environment's JupyterLab lies here, and not in the folder from which the environment was copied. */
async function startsHere(): Promise<boolean> {
  const { success, output } = await runQuietly(venvPython, [
    "-c",
    "import jupyterlab; print(jupyterlab.__file__)",
  ]);
  return success && output.trim().startsWith(venvFolder);
}

async function installWithUv(uv: string): Promise<void> {
  assertNetworkAllowed("JupyterLab");
  if (!await startsHere()) {
    await rm(venvFolder, { recursive: true, force: true });
  }
  const made = await runQuietly(uv, [
    "venv",
    "--allow-existing",
    "--python",
    "3",
    venvFolder,
  ]);
  if (!made.success) throw failure("making .venv with uv", made);
  const installed = await runQuietly(uv, [
    "pip",
    "install",
    "--python",
    venvPython,
    "-r",
    requirements,
  ]);
  if (!installed.success) {
    throw failure("installing JupyterLab with uv", installed);
  }
}

async function installWithPip(): Promise<void> {
  const python = findProgram("python3", "python");
  if (python === undefined) {
    throw new SetupProblem(
      "no Python 3 in PATH",
      "install it (Debian: apt-get install python3-venv) or uv, then run `deno task setup` again",
    );
  }
  assertNetworkAllowed("JupyterLab");
  if (!await startsHere()) await makeVenv(python);
  const installed = await runQuietly(venvPython, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-r",
    requirements,
  ]);
  if (!installed.success) {
    throw failure("installing JupyterLab with pip", installed);
  }
}

async function makeVenv(python: string): Promise<void> {
  await rm(venvFolder, { recursive: true, force: true });
  const made = await runQuietly(python, ["-m", "venv", venvFolder]);
  if (made.success) return;
  await rm(venvFolder, { recursive: true, force: true });
  if (/ensurepip|No module named venv/.test(made.output + made.errors)) {
    throw new SetupProblem(
      `${python} cannot make virtual environments`,
      "install its venv module (Debian: apt-get install python3-venv) or uv, then run `deno task setup` again",
    );
  }
  throw failure(`making .venv with ${python}`, made);
}

function failure(what: string, finished: Finished): SetupProblem {
  const lines = finished.errors.trim().split("\n").filter((line) =>
    /error/i.test(line)
  );
  return new SetupProblem(
    `${what} failed (${
      lines.at(-1)?.trim() ?? finished.errors.trim().split("\n").at(-1)
    })`,
    cureOf(finished.errors, "the Python package index"),
  );
}

/**
 * Returns the folders that hold the kernelspec once `installKernel` has run: the
 * project's own, and Lab's.
 */
export function kernelFolders(): string[] {
  const folders = [join(jupyterFolder, "kernels", "deno")];
  if (existsSync(venvFolder)) {
    folders.push(join(venvFolder, "share", "jupyter", "kernels", "deno"));
  }
  return folders;
}

/**
 * Writes the kernelspec where Jupyter finds it, pointing at the pinned Deno
 * inside the project.
 */
export async function installKernel(): Promise<string> {
  const spec = JSON.stringify(kernelSpecification(), null, 2) + "\n";
  for (const folder of kernelFolders()) {
    const file = join(folder, "kernel.json");
    if (existsSync(file) && await Deno.readTextFile(file) === spec) continue;
    await mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(`${file}.tmp`, spec);
    await rename(`${file}.tmp`, file);
  }
  return pinnedDenoPath();
}

/** Returns the kernelspec. It raises the heap limit from V8's 4.4 GB; tensors lie outside the heap. */
function kernelSpecification() {
  return {
    argv: [
      pinnedDenoPath(),
      "jupyter",
      "--quiet",
      "--kernel",
      "--conn",
      "{connection_file}",
    ],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "signal",
    env: {
      DENO_NO_UPDATE_CHECK: "1",
      DENO_V8_FLAGS: "--max-old-space-size=8192",
    },
  };
}
