/**
 * Finds a wheel in the Python package index that pip is set to use, without
 * needing pip or Python. Reads the index's plain HTML listing (PEP 503), which
 * every mirror serves.
 */

import { type Download, fetchText } from "./download.ts";

/** A wheel on offer. `digest` is absent where the index does not give it. */
export interface Wheel {
  readonly fileName: string;
  readonly url: string;
  readonly digest?: Download["digest"];
}

/**
 * The base address of the index: PIP_INDEX_URL, else UV_INDEX_URL, else pip's
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

async function pipConfiguredIndex(): Promise<string | undefined> {
  try {
    const output = await new Deno.Command("python3", {
      args: ["-m", "pip", "config", "get", "global.index-url"],
      stdout: "piped",
      stderr: "null",
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(output.stdout).trim();
    return output.success && text !== "" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** All wheels of `project` that the index lists. */
export async function listWheels(
  index: string,
  project: string,
): Promise<Wheel[]> {
  const page = `${index}/${project.toLowerCase().replace(/[-_.]+/g, "-")}/`;
  const { text, url } = await fetchText(page, "text/html");
  return parseListing(text, url);
}

/**
 * The anchors of a PEP 503 page that name wheels; relative addresses are
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
 * The newest-Python wheel of exactly `version` for this machine's platform tag.
 * Which Python it is for does not matter: libtensorflow does not link to
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

function pythonTag(wheel: Wheel): number {
  return Number(/-cp(\d+)-/.exec(wheel.fileName)?.[1] ?? 0);
}

/**
 * What the platform part of a wheel's file name must look like on this machine.
 */
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
