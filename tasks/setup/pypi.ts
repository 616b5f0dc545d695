/**
 * Finds a wheel in the Python package index that pip is set to use, without pip or Python.
 * Reads the index's plain HTML listing (PEP 503), which every mirror serves.
 */

import { runQuietly } from "./commands.ts";
import { type Download, fetchText } from "./download.ts";

/** A wheel on offer. `digest` is absent where the index does not give it. */
export interface Wheel {
  readonly fileName: string;
  readonly url: string;
  readonly digest?: Download["digest"];
}

/**
 * Returns the base address of the index: PIP_INDEX_URL, else UV_INDEX_URL, else pip's
 * configuration, else PyPI. A machine without pip has no pip configuration, so
 * a pip that cannot be started means PyPI.
 */
export async function indexAddress(): Promise<string> {
  const fromEnvironment = Deno.env.get("PIP_INDEX_URL") ??
    Deno.env.get("UV_INDEX_URL");
  const address = fromEnvironment ?? await pipConfiguredIndex() ??
    "https://pypi.org/simple";
  return address.replace(/\/+$/, "");
}

/** Returns the index of pip's configuration. As for pip, the section for installing goes before the global one. */
async function pipConfiguredIndex(): Promise<string | undefined> {
  const { success, output } = await runQuietly("python3", [
    ...["-m", "pip", "config", "list"],
  ]);
  if (!success) return undefined;
  return ["install", "global"].flatMap((section) =>
    new RegExp(`^${section}\\.index-url='(.+)'$`, "m").exec(output)?.[1] ?? []
  ).at(0);
}

/** Returns all wheels of `project` that the index lists. */
export async function listWheels(
  index: string,
  project: string,
): Promise<Wheel[]> {
  const page = `${index}/${project.toLowerCase().replace(/[-_.]+/g, "-")}/`;
  const { text, url } = await fetchText(page, "text/html");
  return parseListing(text, url);
}

/**
 * Returns the anchors of a PEP 503 page that name wheels; relative addresses are
 * resolved against `page`.
 */
export function parseListing(html: string, page: string): Wheel[] {
  const wheels: Wheel[] = [];
  for (const [, href] of html.matchAll(/<a\s[^>]*?href="([^"]+)"/gi)) {
    const address = new URL(href.replaceAll("&amp;", "&"), page);
    const hex = /^#sha256=([0-9a-f]{64})$/.exec(address.hash)?.[1];
    const digest = hex === undefined
      ? undefined
      : { algorithm: "sha256", hex } as const;
    address.hash = "";
    const fileName = decodeURIComponent(
      address.pathname.split("/").at(-1) ?? "",
    );
    if (fileName.endsWith(".whl")) {
      wheels.push({ fileName, url: address.href, digest });
    }
  }
  return wheels;
}

/**
 * Returns the newest-Python wheel of exactly `version` for this machine's platform tag.
 * The Python that a wheel is made for does not matter: libtensorflow does not link to
 * Python.
 */
export function chooseWheel(
  wheels: readonly Wheel[],
  version: string,
  platform: RegExp,
): Wheel | undefined {
  return wheels
    .filter((wheel) =>
      wheel.fileName.split("-")[1] === version && platform.test(wheel.fileName)
    )
    .sort((left, right) => pythonTag(left) - pythonTag(right))
    .at(-1);
}

/**
 * Returns, for a message, the releases that an index has in the place of a missing wheel:
 * a mirror that lags has older releases for this machine, or none.
 */
export function offeredInstead(
  wheels: readonly Wheel[],
  platform: RegExp,
): string {
  const releases = wheels
    .filter(({ fileName }) => platform.test(fileName))
    .map(({ fileName }) => fileName.split("-")[1])
    .sort(Intl.Collator("en", { numeric: true }).compare);
  return releases.length === 0
    ? "none for this machine"
    : `${releases.at(-1)} at the most`;
}

function pythonTag(wheel: Wheel): number {
  return Number(/-cp(\d+)-/.exec(wheel.fileName)?.[1] ?? 0);
}

/** Returns the pattern of the platform part in the file names of this machine's wheels. */
export function platformPattern(
  os = Deno.build.os,
  arch = Deno.build.arch,
): RegExp | undefined {
  const machine = { x86_64: "x86_64", aarch64: "aarch64" }[arch];
  if (os === "linux") return new RegExp(`manylinux[^-]*_${machine}\\.whl$`);
  if (os === "darwin" && arch === "aarch64") {
    return /macosx_[0-9_]+_arm64\.whl$/;
  }
  return undefined;
}
