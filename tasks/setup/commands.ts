/**
 * Starts other programs: finds a program in PATH, and runs one with its output captured,
 * so that nothing is printed unless the program fails.
 */

import { delimiter, join } from "node:path";

/** Returns the full path of a program in PATH, or undefined. */
export function findProgram(...names: string[]): string | undefined {
  const windows = Deno.build.os === "windows";
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter).filter((
    folder,
  ) => folder !== "");
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, windows ? `${name}.exe` : name);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}

/** The exit code and the output of a finished program. */
export interface Finished {
  readonly success: boolean;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs a program to its end with its output captured. A program that cannot be started
 * counts as one that failed.
 */
export async function runQuietly(
  program: string,
  args: readonly string[],
  options: {
    readonly folder?: string;
    readonly environment?: Record<string, string>;
  } = {},
): Promise<Finished> {
  const decoder = new TextDecoder();
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: options.folder,
      env: options.environment,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    return {
      success,
      output: decoder.decode(stdout),
      errors: decoder.decode(stderr),
    };
  } catch (error) {
    return {
      success: false,
      output: "",
      errors: error instanceof Error ? error.message : String(error),
    };
  }
}
