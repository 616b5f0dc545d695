/**
 * Finds out where the files of a source lie now, and what they have to hash to: Git's
 * hashes for small files, SHA-256 for large ones. `GITHUB_API_URL`, `GITHUB_RAW_URL`
 * and `HF_ENDPOINT` name other servers, `GITHUB_TOKEN` and `HF_TOKEN` open what is
 * private or gated.
 */

import { listFiles } from "@huggingface/hub";
import { digestOf, hubAccess } from "../model/hub.ts";
import type { Download } from "../setup/download.ts";
import { assertNetworkAllowed } from "../setup/offline.ts";
import { SetupProblem } from "../setup/problem.ts";
import type { GithubFile, HubFiles, ReleaseFile, Source } from "./sources.ts";

/** A file to fetch, without its place on this machine. */
export interface Located extends Omit<Download, "target"> {
  readonly path: string;
  readonly size?: number;
}

/** Returns the files of a source in the order of their names. Throws saying what is not there. */
export async function locate(source: Source): Promise<Located[]> {
  if (source.kind === "github") return [await onGithub(source)];
  if (source.kind === "release") return [await inRelease(source)];
  return await onHub(source);
}

async function onGithub(
  { repository, ref, path, blob }: GithubFile,
): Promise<Located> {
  const { tree } = await github(
    `repos/${repository}/git/trees/${ref}?recursive=1`,
  ) as { tree: { path: string; sha: string; size: number; type: string }[] };
  const found = tree.find((entry) =>
    entry.type === "blob" &&
    (blob === undefined ? path!.test(entry.path) : entry.sha === blob)
  );
  if (found === undefined) {
    throw new SetupProblem(
      `${repository} has no file ${
        blob === undefined ? `like ${path}` : `with the Git hash ${blob}`
      } on ${ref} any more`,
      "get the file elsewhere and give it as --from FILE",
    );
  }
  const { size, sha } = found;
  const raw = serverOf("GITHUB_RAW_URL", "https://raw.githubusercontent.com");
  return {
    path: found.path,
    url: `${raw}/${repository}/${ref}/${found.path}`,
    size,
    digest: { algorithm: "sha1", hex: sha, prefix: `blob ${size}\0` },
  };
}

async function inRelease(
  { repository, tag, asset }: ReleaseFile,
): Promise<Located> {
  const { assets } = await github(
    `repos/${repository}/releases/tags/${tag}`,
  ) as {
    assets: {
      name: string;
      size: number;
      digest?: string | null;
      browser_download_url: string;
    }[];
  };
  const found = assets.find(({ name }) => name === asset);
  if (found === undefined) {
    throw new SetupProblem(
      `the release ${tag} of ${repository} has no ${asset}`,
      "get the file elsewhere and give it as --from FILE",
    );
  }
  const { name: path, size, digest, browser_download_url: url } = found;
  // Releases from before June 2025 have no hash: then the size is all there is to check.
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest ?? "")?.[1];
  return {
    ...{ path, url, size },
    ...(hex && { digest: { algorithm: "sha256", hex } }),
  };
}

async function onHub({ repository, paths }: HubFiles): Promise<Located[]> {
  const access = hubAccess();
  assertNetworkAllowed(`${access.hubUrl}/datasets/${repository}`);
  const found: Located[] = [];
  const repo = { type: "dataset", name: repository } as const;
  for await (const entry of listFiles({ ...access, repo, recursive: true })) {
    if (entry.type !== "file" || !paths.test(entry.path)) continue;
    found.push({
      path: entry.path,
      url: `${access.hubUrl}/datasets/${repository}/resolve/main/${entry.path}`,
      size: entry.size,
      digest: digestOf(entry).digest,
      ...(access.accessToken && { token: access.accessToken }),
    });
  }
  if (found.length === 0) {
    throw new SetupProblem(
      `the data set ${repository} has no file like ${paths}`,
      "get the file elsewhere and give it as --from FILE",
    );
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function github(question: string): Promise<unknown> {
  const address = `${
    serverOf("GITHUB_API_URL", "https://api.github.com")
  }/${question}`;
  assertNetworkAllowed(address);
  const token = Deno.env.get("GITHUB_TOKEN");
  const response = await fetch(address, {
    headers: {
      accept: "application/vnd.github+json",
      ...(token && { authorization: `Bearer ${token}` }),
    },
    signal: AbortSignal.timeout(30_000),
  });
  if (response.ok) return await response.json();
  await response.body?.cancel();
  throw new SetupProblem(
    `${address}: the server answered ${response.status}`,
    response.status === 403 || response.status === 429
      ? "GitHub allows 60 questions an hour without GITHUB_TOKEN: wait, or set it"
      : "get the file elsewhere and give it as --from FILE",
  );
}

function serverOf(variable: string, usual: string): string {
  return (Deno.env.get(variable) || usual).replace(/\/+$/, "");
}
