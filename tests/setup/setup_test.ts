/**
 * Set-up run for real: twice on the project itself, and on copies of it that
 * lack one thing each.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { addonPath, findCompiler } from "../../tasks/setup/addon.ts";
import { runQuietly } from "../../tasks/setup/commands.ts";
import { kernelFolders, venvPython } from "../../tasks/setup/jupyter.ts";
import {
  cacheFolder,
  packageLibraryVersion,
  pinnedDenoPath,
  pinnedDenoVersion,
  projectFolder,
  wheelVersion,
} from "../../tasks/setup/project.ts";
import { copyProject, runScript } from "./project_copy.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

const offline = { KIT_OFFLINE: "1" };
const nativeCache = join(cacheFolder, `tensorflow-${wheelVersion}-cpu`);

Deno.test("one Deno version is pinned everywhere, and the kernel starts it from inside the project", async () => {
  const version = pinnedDenoVersion();
  const mentions = async (file: string) =>
    [...(await Deno.readTextFile(join(projectFolder, file))).matchAll(
      /deno[@-](\d+\.\d+\.\d+)/g,
    )]
      .map(([, found]) => found);
  for (const file of ["deno.json", ".ci/run", "README.md"]) {
    const found = await mentions(file);
    assert.ok(found.length > 0, `${file} names no Deno version`);
    assert.deepEqual([...new Set(found)], [version], file);
  }
  for (const folder of kernelFolders()) {
    const { argv } = JSON.parse(
      await Deno.readTextFile(join(folder, "kernel.json")),
    );
    assert.equal(argv[0], pinnedDenoPath());
    assert.ok(argv[0].startsWith(projectFolder));
  }
  const { output } = await runQuietly(pinnedDenoPath(), ["--version"]);
  assert.ok(output.startsWith(`deno ${version} `), output);
});

Deno.test("a set-up waits for another one of the same project", async () => {
  const lock = await Deno.open(join(cacheFolder, "setup.lock"), {
    create: true,
    write: true,
  });
  await lock.lock(true);
  let released = false;
  const waiting = runScript(projectFolder, "tasks/setup.ts", [
    "--without-jupyter",
  ], offline)
    .then((result) => ({ ...result, afterRelease: released }));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  released = true;
  lock.close();
  const { code, stderr, afterRelease } = await waiting;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^… waiting for another set-up/);
  assert.ok(afterRelease);
});

/**
 * What this machine could not have in the first place: the kit is whole without
 * it.
 */
function absentHere(): string[] {
  const absent: string[] = [];
  const native = ["tfjs-node", "tfjs-node-gpu"].map((name) =>
    join(projectFolder, "node_modules", "@tensorflow", name, addonPath)
  );
  if (!native.some(existsSync)) absent.push("native TensorFlow");
  if (!existsSync(venvPython)) absent.push("JupyterLab");
  return absent;
}

Deno.test("a second set-up needs no network, changes nothing and takes a moment", async () => {
  const watched = [
    join(kernelFolders()[0], "kernel.json"),
    join(nativeCache, addonPath),
    pinnedDenoPath(),
  ];
  const present = watched.filter(existsSync);
  const times = () =>
    present.map((path) => Deno.statSync(path).mtime?.getTime());
  const before = times();
  const start = performance.now();
  const { code, stdout, stderr } = await runScript(
    projectFolder,
    "tasks/setup.ts",
    [],
    offline,
  );
  const seconds = (performance.now() - start) / 1000;
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  const failed = [...stderr.matchAll(/^✗ (.*?):/gm)].map(([, title]) => title);
  assert.deepEqual(failed, absentHere(), stderr);
  assert.equal(stderr.trim().split("\n").length, 5);
  assert.deepEqual(times(), before);
  assert.ok(seconds < 10, `${seconds} s`);
});

Deno.test("without compiler, Python and network set-up succeeds, with one line and a cure for each", async () => {
  await inTemporaryFolder(async (folder) => {
    await copyProject(folder);
    const bare = { ...offline, PATH: join(folder, "no-programs"), CXX: "" };
    const { code, stderr } = await runScript(
      folder,
      "tasks/setup.ts",
      [],
      bare,
    );
    assert.equal(code, 0, stderr);
    const lines = stderr.trim().split("\n");
    assert.equal(lines.length, 5, stderr);
    assert.match(
      lines[2],
      /^✗ native TensorFlow: no C\+\+ compiler in PATH; install one \(.*WebAssembly/,
    );
    assert.match(lines[3], /^✗ JupyterLab: no Python 3 in PATH; install it \(/);
    assert.match(lines[4], /^✓ Deno kernel/);

    const doctor = await runScript(folder, "tasks/doctor.ts", ["--json"], bare);
    assert.equal(doctor.code, 0, doctor.stderr);
    const found = JSON.parse(doctor.stdout);
    assert.equal(found.tensorflow, null);
    assert.ok(["webgpu", "wasm"].includes(found.backend), found.backend);
    const cures = found.missing.map(({ cure }: { cure: string }) => cure).join(
      "\n",
    );
    assert.match(cures, /C\+\+ compiler/);
    assert.match(cures, /Python 3/);
  });
});

Deno.test({
  name: "without network the line about TensorFlow says so",
  ignore: findCompiler() === undefined,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyProject(folder);
      const { code, stderr } = await runScript(folder, "tasks/setup.ts", [
        "--without-jupyter",
      ], offline);
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^✗ native TensorFlow: .*KIT_OFFLINE.*; connect to .*/m,
      );
    }),
});

Deno.test({
  name: "without a compiler the addon that the npm package offers is taken",
  // The made-up addon has to be compiled once; the npm package offers it for this platform alone.
  ignore: findCompiler() === undefined || Deno.build.os !== "linux" ||
    Deno.build.arch !== "x86_64",
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyProject(folder);
      const { storage, close } = await serveMadeUpPackage(folder);
      const { code, stderr } = await runScript(folder, "tasks/setup.ts", [
        "--without-jupyter",
      ], {
        PATH: await onlyTar(folder),
        CXX: "",
        TFJS_NODE_CDN_STORAGE: storage,
      });
      await close();
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^✓ native TensorFlow: TensorFlow made-up \(cpu\) from the npm package's own/m,
      );
      const linked = join(
        folder,
        "node_modules",
        "@tensorflow",
        "tfjs-node",
        addonPath,
      );
      const place = join(
        folder,
        ".cache",
        `tensorflow-${packageLibraryVersion}-cpu`,
        addonPath,
      );
      assert.equal(await Deno.realPath(linked), place);
    }),
});

/**
 * A server with archives shaped like the npm package's, whose addon only says
 * its version.
 */
async function serveMadeUpPackage(folder: string) {
  const made = join(folder, "made-up");
  await mkdir(join(made, "napi-v8"), { recursive: true });
  await mkdir(join(made, "lib"));
  const source = join(made, "addon.cc");
  await Deno.writeTextFile(
    source,
    `#include <node_api.h>
     NAPI_MODULE_INIT() {
       napi_value version;
       napi_create_string_latin1(env, "made-up", NAPI_AUTO_LENGTH, &version);
       napi_set_named_property(env, exports, "TF_Version", version);
       return exports;
     }`,
  );
  const headers = join(
    projectFolder,
    "node_modules",
    "node-api-headers",
    "include",
  );
  const addon = join(made, "napi-v8", "tfjs_binding.node");
  const built = await runQuietly(findCompiler() ?? "g++", [
    "-shared",
    "-fPIC",
    `-I${headers}`,
    source,
    "-o",
    addon,
  ]);
  assert.ok(built.success, built.errors);
  await runQuietly("tar", [
    "-czf",
    join(made, "library.tgz"),
    "-C",
    made,
    "lib",
  ]);
  await runQuietly("tar", [
    "-czf",
    join(made, "addon.tgz"),
    "-C",
    made,
    "napi-v8",
  ]);
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
  }, async (request) => {
    const name = request.url.includes("pre-built-binary")
      ? "addon.tgz"
      : "library.tgz";
    return new Response(await Deno.readFile(join(made, name)));
  });
  return {
    storage: `http://127.0.0.1:${server.addr.port}/`,
    close: () => server.shutdown(),
  };
}

/** A folder for PATH with tar and gzip alone. */
async function onlyTar(folder: string): Promise<string> {
  const programs = join(folder, "programs");
  await mkdir(programs);
  for (const name of ["tar", "gzip"]) {
    const { output } = await runQuietly("sh", ["-c", `command -v ${name}`]);
    await symlink(output.trim(), join(programs, name));
  }
  return programs;
}

Deno.test({
  name:
    "a GPU build that cannot be had leaves the processor build, and says why",
  ignore: !existsSync(join(nativeCache, addonPath)),
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyProject(folder);
      await mkdir(join(folder, ".cache"));
      await symlink(
        nativeCache,
        join(folder, ".cache", `tensorflow-${wheelVersion}-cpu`),
      );
      const programs = join(folder, "programs");
      await mkdir(programs);
      const pretender = join(programs, "nvidia-smi");
      await Deno.writeTextFile(pretender, "#!/bin/sh\necho 'GPU 0: made up'\n");
      await chmod(pretender, 0o755);
      const path = `${programs}:${Deno.env.get("PATH")}`;
      const { code, stderr } = await runScript(folder, "tasks/setup.ts", [
        "--without-jupyter",
      ], {
        ...offline,
        PATH: path,
      });
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^✓ native TensorFlow: .*\(cpu\).*because the GPU build failed: .*KIT_OFFLINE/m,
      );
    }),
});
