/**
 * A copy of the project's sources in a fresh folder, so that set-up can be run
 * for real on a machine that seems to lack something, without touching what the
 * project has.
 */

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder } from "../../tasks/setup/project.ts";

const sources = [
  "deno.json",
  "deno.lock",
  "package.json",
  "requirements-lab.txt",
  "lib",
  "tasks",
];

/** What a task of the copy said and how it ended. */
export interface TaskResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Copies the sources and nothing that set-up makes. */
export async function copyProject(folder: string): Promise<void> {
  for (const name of sources) {
    await cp(join(projectFolder, name), join(folder, name), {
      recursive: true,
    });
  }
}

/** Runs a script of the project or of a copy with `environment` added. */
export async function runScript(
  folder: string,
  script: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<TaskResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "-A",
      ...(environment.KIT_OFFLINE ? ["--cached-only"] : []),
      script,
      ...args,
    ],
    cwd: folder,
    stdin: "null",
    env: { NO_COLOR: "1", ...environment },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
