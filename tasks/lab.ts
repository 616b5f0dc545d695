/**
 * `deno task lab [--no-browser] [JupyterLab's own arguments]`: opens JupyterLab
 * on notebooks/. It listens on 127.0.0.1 only and asks for the token in the
 * address that it prints.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./setup/commands.ts";
import { venvPython } from "./setup/jupyter.ts";
import { jupyterFolder, projectFolder } from "./setup/project.ts";
import { runTask } from "./usage.ts";

const USAGE = [
  "deno task lab [--no-browser] [--port NUMBER] [JupyterLab's own arguments]\n",
  "opens JupyterLab on notebooks/, on 127.0.0.1 only and with a token",
  "  --no-browser       only print the address, on a server for example",
  "  --port NUMBER      listen there (default: 8888, or the next that is free)",
  "  --help-all         list JupyterLab's own arguments",
].join("\n");

/** Where this project's JupyterLab keeps which notebooks it trusts, apart from the user's own. */
const TRUSTED = [
  `--NotebookNotary.db_file=${join(jupyterFolder, "trusted.db")}`,
  `--NotebookNotary.secret_file=${join(jupyterFolder, "trusted.secret")}`,
];

/**
 * Signs the kit's notebooks as they lie here: JupyterLab shows drawings of a notebook
 * that it does not trust as text. The kit's begin with two digits; a notebook of
 * another name may come from anywhere, and JupyterLab goes on to judge it.
 */
export async function trustNotebooks(
  folder = join(projectFolder, "notebooks"),
): Promise<void> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^\d\d_[a-z_]+\.ipynb$/.test(name));
  const args = ["-m", "nbformat.sign", ...TRUSTED, ...names];
  // Without trust the notebooks open all the same.
  await runQuietly(venvPython, args, { folder });
}

/**
 * Returns the arguments of `jupyter lab`: the browser opens the tour, and the file list
 * reaches the whole project.
 */
export function labArguments(
  extra: readonly string[],
  userId: number | null,
): string[] {
  return [
    `--ServerApp.root_dir=${projectFolder}`,
    "--ServerApp.ip=127.0.0.1",
    "--LabApp.default_url=/lab/tree/notebooks/00_tour.ipynb",
    "--MultiKernelManager.default_kernel_name=deno",
    ...TRUSTED,
    ...(userId === 0 ? ["--allow-root"] : []),
    ...extra,
  ];
}

/** Returns where JupyterLab finds the kernel, and the kit's own settings of JupyterLab. */
export function labEnvironment(): Record<string, string> {
  const before = (folder: string, variable: string) =>
    [folder, Deno.env.get(variable) ?? ""].filter((path) => path !== "")
      .join(Deno.build.os === "windows" ? ";" : ":");
  return {
    JUPYTER_PATH: before(jupyterFolder, "JUPYTER_PATH"),
    JUPYTER_CONFIG_PATH: before(
      join(projectFolder, "tasks", "lab"),
      "JUPYTER_CONFIG_PATH",
    ),
  };
}

async function main(args: readonly string[]): Promise<number> {
  if (!existsSync(venvPython)) {
    console.error(
      "JupyterLab is not installed; the line about it above says why and names the cure.",
    );
    return 1;
  }
  await trustNotebooks();
  // As a module: the program jupyter-lab itself starts the Python of the folder it was made in.
  const server = new Deno.Command(venvPython, {
    args: ["-m", "jupyterlab", ...labArguments(args, Deno.uid())],
    cwd: join(projectFolder, "notebooks"),
    env: labEnvironment(),
  }).spawn();
  // Ctrl-C reaches the server too, which asks whether to stop; this process waits for its answer.
  Deno.addSignalListener("SIGINT", () => {});
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGTERM", () => server.kill("SIGTERM"));
  }
  console.error(
    "JupyterLab listens on 127.0.0.1 only; open the address with the token that it prints below.",
  );
  return (await server.status).code;
}

if (import.meta.main) await runTask(USAGE, main);
