/**
 * Compiles tfjs-node's addon against a libtensorflow that is already on disk, and tries
 * a compiled addon out. Compiling its two source files takes about ten seconds. Neither
 * node-gyp nor Node.js is needed, because the N-API headers come from the npm package
 * `node-api-headers`.
 */

import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findProgram, runQuietly } from "./commands.ts";
import { SetupProblem } from "./problem.ts";
import { projectFolder } from "./project.ts";

/** Returns the C++ compiler to use: CXX, else g++, c++ or clang++ from PATH. */
export function findCompiler(): string | undefined {
  const named = Deno.env.get("CXX");
  return findProgram(...(named ? [named] : []), "g++", "c++", "clang++");
}

/** The addon's place below a package folder, or below the folder that stands in for one. */
export const addonPath = join("lib", "napi-v8", "tfjs_binding.node");

/**
 * Compiles `<packageFolder>/binding` into
 * `<folder>/lib/napi-v8/tfjs_binding.node`, against the headers and libraries
 * of `<folder>/deps`. Throws a `SetupProblem` where there is no compiler or where
 * compiling fails.
 */
export async function buildAddon(
  packageFolder: string,
  folder: string,
): Promise<void> {
  const compiler = findCompiler();
  if (compiler === undefined) throw noCompiler();
  const target = join(folder, addonPath);
  await mkdir(dirname(target), { recursive: true });
  const finished = await runQuietly(compiler, [
    "-std=c++17",
    "-O2",
    "-fPIC",
    "-shared",
    "-DNAPI_VERSION=8",
    `-I${packageFolder}`,
    `-I${join(folder, "deps", "include")}`,
    `-I${join(projectFolder, "node_modules", "node-api-headers", "include")}`,
    join(packageFolder, "binding", "tfjs_backend.cc"),
    join(packageFolder, "binding", "tfjs_binding.cc"),
    `-L${join(folder, "deps", "lib")}`,
    "-ltensorflow",
    "-ltensorflow_framework",
    ...linkerFlags(),
    "-o",
    `${target}.tmp`,
  ]);
  if (!finished.success) {
    const reason = /error:.*/.exec(finished.errors)?.[0] ??
      finished.errors.trim().split("\n").at(-1);
    throw new SetupProblem(
      `compiling the TensorFlow addon with ${compiler} failed (${reason})`,
      "install a complete C++17 toolchain (Debian: apt-get install g++), then run `deno task setup` again",
    );
  }
  await rename(`${target}.tmp`, target);
}

/** Returns the linker's flags, by which the addon finds its libraries relative to itself, so that the project folder may be moved. */
function linkerFlags(): string[] {
  return Deno.build.os === "darwin"
    ? ["-undefined", "dynamic_lookup", "-Wl,-rpath,@loader_path/../../deps/lib"]
    : ["-Wl,-rpath,$ORIGIN/../../deps/lib"];
}

/** Returns the problem of a machine without a C++ compiler. */
export function noCompiler(): SetupProblem {
  const cure = Deno.build.os === "darwin"
    ? "xcode-select --install"
    : "Debian: apt-get install g++";
  return new SetupProblem(
    "no C++ compiler in PATH",
    `install one (${cure}), then run \`deno task setup\` again`,
  );
}

/**
 * Loads a built addon in a process of its own and returns TensorFlow's version.
 * Throws a `SetupProblem` when it does not load, with the loader's own words.
 */
export async function tryAddon(folder: string): Promise<string> {
  const code = 'import { createRequire } from "node:module";' +
    `console.log(createRequire("file:///")(${
      JSON.stringify(join(folder, addonPath))
    }).TF_Version);`;
  const finished = await runQuietly(Deno.execPath(), [
    "eval",
    "--no-config",
    "--quiet",
    code,
  ], {
    environment: { NO_COLOR: "1", TF_CPP_MIN_LOG_LEVEL: "2" },
  });
  const version = finished.output.trim();
  if (finished.success && version !== "") return version;
  const reason = /(?:Error: .*|error: .*)/.exec(finished.errors)?.[0] ??
    "the process died";
  throw new SetupProblem(
    `the built TensorFlow addon does not load (${reason})`,
    /GLIBC/.test(reason)
      ? "this system's C library is older than the one it needs: use a newer system"
      : `remove ${folder} and run \`deno task setup\` again`,
  );
}
