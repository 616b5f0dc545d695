/** The revision of the code that plays a run. */

/** The commit of the code, and whether files of it differ from that commit. */
export interface Revision {
  commit: string;
  dirty: boolean;
}

/** What decides a run besides its config; logs and pages beside it do not. */
const CODE = ["lib", "tasks", "data/studies", "deno.json", "deno.lock"];

/** Returns the revision of this checkout; null outside of one, or without git. */
export function codeRevision(): Revision | null {
  const commit = git("rev-parse", "HEAD");
  const changes = git("status", "--porcelain", "--", ...CODE);
  if (commit === null || changes === null) return null;
  return { commit, dirty: changes !== "" };
}

/** Returns the output of a git command in the project's folder; null where it fails. */
function git(...args: string[]): string | null {
  try {
    const { success, stdout } = new Deno.Command("git", {
      args,
      cwd: new URL("../../", import.meta.url),
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    // There is no git, or no permission to start it.
    return null;
  }
}
