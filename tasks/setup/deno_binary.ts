/**
 * Puts the pinned Deno into the project, as a file that the kernelspec and the tasks use.
 * A running Deno of that very version is linked there. Otherwise the binary comes from
 * the npm registry.
 */

import { existsSync } from "node:fs";
import { chmod, copyFile, link, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Buffer } from "node:buffer";
import { runQuietly } from "./commands.ts";
import { download, type DownloadProgress, fetchText } from "./download.ts";
import { SetupProblem } from "./problem.ts";
import { cacheFolder, pinnedDenoPath, pinnedDenoVersion } from "./project.ts";

/**
 * Puts the pinned Deno in place and returns its origin. Returns at once where the pinned
 * Deno is there already.
 */
export async function installDeno(progress: DownloadProgress): Promise<string> {
  const version = pinnedDenoVersion();
  const target = pinnedDenoPath(version);
  if (existsSync(target)) return version;
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.tmp`;
  await rm(partial, { force: true });
  const running = Deno.version.deno === version;
  if (running) await linkOrCopy(Deno.execPath(), partial);
  else await fetchDeno(version, partial, progress);
  await chmod(partial, 0o755);
  await rename(partial, target);
  return running
    ? `${version}, the running one`
    : `${version}, from the npm registry`;
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch {
    // Another file system, or one without hard links.
    await copyFile(source, target);
  }
}

async function fetchDeno(
  version: string,
  target: string,
  progress: DownloadProgress,
): Promise<void> {
  const { tarball, integrity } = await findRelease(
    `@deno/${platformName()}`,
    version,
  );
  const folder = join(cacheFolder, "downloads", `deno-${version}`);
  const archive = `${folder}.tgz`;
  await download(
    { url: tarball, target: archive, digest: integrity },
    progress,
  );
  await mkdir(folder, { recursive: true });
  const unpacked = await runQuietly("tar", ["-xzf", archive, "-C", folder]);
  if (!unpacked.success) {
    throw new Error(`${archive} does not unpack: ${unpacked.errors.trim()}`);
  }
  await rename(join(folder, "package", basename(target, ".tmp")), target);
  await rm(folder, { recursive: true });
  await rm(archive);
}

/** Returns the registry's name of this machine's Deno binary, which follows Node's platform and architecture. */
function platformName(os = Deno.build.os, arch = Deno.build.arch): string {
  const machine = arch === "x86_64" ? "x64" : "arm64";
  if (os === "linux") return `linux-${machine}-glibc`;
  if (os === "darwin") return `darwin-${machine}`;
  if (os === "windows") return `win32-${machine}`;
  throw new SetupProblem(
    `no Deno binary for ${os}`,
    "use Linux, macOS or Windows",
  );
}

async function findRelease(
  name: string,
  version: string,
): Promise<
  { tarball: string; integrity: { algorithm: "sha512"; hex: string } }
> {
  const registry =
    (Deno.env.get("NPM_CONFIG_REGISTRY") ?? "https://registry.npmjs.org/")
      .replace(/\/+$/, "");
  const address = `${registry}/${name}/${version}`;
  const { text } = await fetchText(address, "application/json");
  const { dist } = JSON.parse(text);
  const digest = /^sha512-(.+)$/.exec(String(dist?.integrity))?.[1];
  if (typeof dist?.tarball !== "string" || digest === undefined) {
    throw new Error(
      `${address}: the npm registry's answer has no dist.tarball and dist.integrity`,
    );
  }
  const hex = Buffer.from(digest, "base64").toString("hex");
  return { tarball: dist.tarball, integrity: { algorithm: "sha512", hex } };
}
