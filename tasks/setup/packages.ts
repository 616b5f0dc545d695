/**
 * Installs the npm packages of deno.json in node_modules, with the versions of deno.lock.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./commands.ts";
import { isOffline } from "./offline.ts";
import { cureOf, SetupProblem } from "./problem.ts";
import { pinnedDenoPath, projectFolder } from "./project.ts";

const stamp = join(projectFolder, "node_modules", ".setup-done");

/**
 * Installs the missing packages. Returns at once where deno.json and deno.lock are
 * unchanged.
 */
export async function installPackages(): Promise<string> {
  const before = await fingerprint();
  if (existsSync(stamp) && await Deno.readTextFile(stamp) === before) {
    return "as deno.lock says";
  }
  const offline = isOffline() ? ["--cached-only"] : [];
  const finished = await runQuietly(pinnedDenoPath(), [
    "install",
    "--quiet",
    ...offline,
  ], {
    folder: projectFolder,
    environment: { NO_COLOR: "1" },
  });
  if (!finished.success) {
    const reason = /error: .*/.exec(finished.errors)?.[0] ??
      finished.errors.trim();
    throw new SetupProblem(
      `installing the npm packages failed (${reason})`,
      cureOf(
        finished.errors,
        "the npm registry (NPM_CONFIG_REGISTRY names another one)",
      ),
    );
  }
  await Deno.writeTextFile(stamp, await fingerprint());
  return "installed as deno.lock says";
}

async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  const { imports } = JSON.parse(
    await Deno.readTextFile(join(projectFolder, "deno.json")),
  );
  hash.update(JSON.stringify(imports));
  const lock = join(projectFolder, "deno.lock");
  if (existsSync(lock)) hash.update(await Deno.readTextFile(lock));
  return hash.digest("hex");
}
