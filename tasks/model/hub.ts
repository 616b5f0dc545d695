/**
 * Models of the Hugging Face Hub, in the cache that Python's `huggingface_hub`
 * uses too (`blobs`, `refs` and `snapshots` of `HF_HUB_CACHE`): what either has
 * fetched, the other finds.
 *
 * `@huggingface/hub` asks what a model's files are; they are fetched here, because
 * its own downloads neither go on after a cut nor check what came. `HF_TOKEN` opens
 * what is private or gated, `HF_ENDPOINT` names another server.
 */

import {
  getHFHubCachePath,
  getRepoFolderName,
  HubApiError,
  type ListFileEntry,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { download, type DownloadProgress } from "../setup/download.ts";
import { assertNetworkAllowed } from "../setup/offline.ts";
import { firstLine, SetupProblem } from "../setup/problem.ts";

/** A model on the Hub: its name, a branch, tag or commit, and one GGUF file of several. */
export interface HubName {
  readonly name: string;
  readonly revision: string;
  readonly file?: string;
}

/** `OWNER/NAME`, then `/FILE.gguf` and `@REVISION` where they are meant. */
export function hubName(text: string): HubName | undefined {
  const part = "[A-Za-z0-9][\\w.-]*";
  const [, name, file, revision = "main"] = new RegExp(
    `^(${part}/${part})(?:/((?:${part}/)*${part}\\.gguf))?(?:@(${part}))?$`,
  ).exec(text) ?? [];
  return name === undefined ? undefined : { name, revision, file };
}

/** The files that a model folder needs; other formats of the same weights are not fetched. */
const NEEDED =
  /^(?:[\w.-]+\.(?:json|jinja)|(?:adapter_)?model(?:-\d+-of-\d+)?\.safetensors)$/;
const COMMIT = /^[0-9a-f]{40}$/;
/** Seconds for the answer to a question; downloads have their own limit. */
const ANSWER_SECONDS = 30;

/**
 * Returns the path of a model that lies whole in the cache, at the commit that its revision
 * stood for when it was fetched; undefined where it does not.
 */
export function cachedPath(model: HubName): string | undefined {
  const folder = repositoryFolder(model);
  const commit = COMMIT.test(model.revision)
    ? model.revision
    : readText(join(folder, "refs", model.revision));
  if (commit === undefined) return undefined;
  const snapshot = join(folder, "snapshots", commit.trim());
  return isWhole(snapshot, model) ? pathIn(snapshot, model) : undefined;
}

/** Fetches what is missing of a model at its revision; returns where it lies. */
export async function fetchFromHub(
  model: HubName,
  progress: DownloadProgress,
): Promise<string> {
  try {
    return await fetched(model, progress);
  } catch (error) {
    throw refusal(error, model.name) ?? error;
  }
}

async function fetched(
  model: HubName,
  progress: DownloadProgress,
): Promise<string> {
  const { name, revision } = model;
  const access = hubAccess();
  const { hubUrl, accessToken } = access;
  assertNetworkAllowed(`${hubUrl}/${name}`);
  const { sha } = await modelInfo({
    ...{ ...access, name, revision, additionalFields: ["sha"] },
  });
  const question = { ...access, repo: name, revision: sha, recursive: true };
  const files: ListFileEntry[] = [];
  for await (const entry of listFiles(question)) {
    if (entry.type === "file" && isNeeded(entry.path, model)) files.push(entry);
  }
  const folder = repositoryFolder(model);
  const snapshot = join(folder, "snapshots", sha);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const entry of files) {
    const { digest, name: blob } = digestOf(entry);
    const target = join(folder, "blobs", blob);
    const url = `${hubUrl}/${name}/resolve/${sha}/${entry.path}`;
    await download(
      { url, target, digest, token: accessToken },
      (received) => progress(before + received, total),
    );
    await link(target, join(snapshot, entry.path));
    before += entry.size;
  }
  if (!isWhole(snapshot, model)) {
    throw new SetupProblem(
      `${name} holds ${files.length} files of a model (${
        files.map(({ path }) => path).join(", ")
      }), which are not all that it takes to open it`,
      "name a model with config.json, tokenizer.json and weights as safetensors, " +
        "or one GGUF file of it: OWNER/NAME/FILE.gguf",
    );
  }
  if (revision !== sha) await write(join(folder, "refs", revision), sha);
  return pathIn(snapshot, model);
}

/** The Hub that is asked, and the token that is shown to it. */
export function hubAccess() {
  const hubUrl = (Deno.env.get("HF_ENDPOINT") || "https://huggingface.co")
    .replace(/\/+$/, "");
  const accessToken = Deno.env.get("HF_TOKEN") || undefined;
  return { hubUrl, accessToken, fetch: fetchInTime };
}

function isNeeded(path: string, { file }: HubName): boolean {
  if (file === undefined) return NEEDED.test(path);
  // Parts of a split file differ in their number.
  const parts = (name: string) => name.replace(/-\d{5}-of-/, "-of-");
  return !path.includes("..") && parts(path) === parts(file);
}

/** Large files are named and checked by SHA-256, small ones by Git's own hash. */
export function digestOf({ path, lfs, oid, size }: ListFileEntry) {
  const hex = lfs?.oid ?? oid;
  if (hex === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hex)) {
    throw new Error(`${path}: the Hub gives no hash of this file`);
  }
  const digest = lfs !== undefined
    ? { algorithm: "sha256", hex } as const
    : { algorithm: "sha1", hex, prefix: `blob ${size}\0` } as const;
  return { digest, name: hex };
}

/** Puts a file's name in a snapshot, as a link or, where there are none, a copy. */
async function link(target: string, place: string): Promise<void> {
  if (existsSync(place)) return;
  await Deno.mkdir(dirname(place), { recursive: true });
  await Deno.symlink(relative(dirname(place), target), place)
    .catch(() => Deno.copyFile(target, place));
}

/** Tells whether the files are there without which a model does not open. */
function isWhole(snapshot: string, { file }: HubName): boolean {
  const has = (name: string) => existsSync(join(snapshot, name));
  if (file !== undefined) {
    const [, total = "1"] = /-\d{5}-of-(\d{5})\.gguf$/.exec(file) ?? [];
    return Array.from(
      { length: Number(total) },
      (_, i) =>
        file.replace(/-\d{5}-of-/, `-${String(i + 1).padStart(5, "0")}-of-`),
    )
      .every(has);
  }
  const index = readText(join(snapshot, "model.safetensors.index.json"));
  const weights = index === undefined
    ? ["model.safetensors"]
    : Object.values<string>(JSON.parse(index).weight_map);
  return ["config.json", "tokenizer.json", ...weights].every(has);
}

function repositoryFolder({ name }: HubName): string {
  return join(getHFHubCachePath(), getRepoFolderName({ name, type: "model" }));
}

function pathIn(snapshot: string, { file }: HubName): string {
  return file === undefined ? snapshot : join(snapshot, file);
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Written beside its place: another process reads the old text or the new one. */
async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const part = join(dirname(path), `.${basename(path)}.${Deno.pid}.tmp`);
  await Deno.writeTextFile(part, text);
  await Deno.rename(part, path);
}

const fetchInTime: typeof fetch = (input, init) =>
  fetch(input, { signal: AbortSignal.timeout(ANSWER_SECONDS * 1000), ...init });

/** Returns the problem, with its cure, where the Hub refuses a model; else undefined. */
function refusal(error: unknown, name: string): SetupProblem | undefined {
  const status = error instanceof HubApiError
    ? error.statusCode
    : Number(/the server answered (\d+)/.exec(firstLine(error))?.[1]);
  if (status === 404) {
    return new SetupProblem(
      `the Hub has no model "${name}" at that revision, and there is no such folder`,
      "check the name, or set HF_TOKEN if the model is private",
    );
  }
  if (status !== 401 && status !== 403) return undefined;
  return new SetupProblem(
    `the Hub refuses access to "${name}"`,
    "check the name, accept the model's terms on its page, and set HF_TOKEN to a " +
      "token that may read the model",
  );
}
