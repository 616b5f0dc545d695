/** What stands in the way of set-up on other people's machines, and the sentence that it gets. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "../../tasks/setup/commands.ts";
import { asProblem, cureOf, SetupProblem } from "../../tasks/setup/problem.ts";
import { indexAddress, offeredInstead } from "../../tasks/setup/pypi.ts";
import { fetchWheelLibrary } from "../../tasks/setup/wheel_library.ts";
import { copyProject, runScript } from "./project_copy.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

Deno.test("the cure belongs to the cause", () => {
  const cure = (message: string) => cureOf(new Error(message), "the index");
  assert.match(
    cure("client error (Connect): invalid peer certificate: UnknownIssuer"),
    /DENO_CERT=FILE\.pem, or DENO_TLS_CA_STORE=system .*PIP_CERT for pip/,
  );
  assert.match(
    cure("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
    /company's/,
  );
  assert.match(cure("https://x: the server answered 401"), /USER:PASSWORD@/);
  assert.match(cure("No space left on device (os error 28)"), /free 2 GB/);
  assert.match(cure("EROFS: read-only file system"), /folder writable/);
  assert.match(cure("tcp connect error"), /^connect to the index and run/);
  const told = asProblem(
    new Error("error sending request for url (https://x)"),
  );
  assert.ok(told instanceof SetupProblem);
  const defect = new Error("undefined is not a function");
  assert.equal(asProblem(defect), defect);
});

/** Runs with an environment variable set. */
async function withVariable(
  name: string,
  value: string,
  work: () => Promise<void>,
): Promise<void> {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await work();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test({
  name: "a mirror that lags is told from a machine that has no wheel",
  ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
  fn: () =>
    inTemporaryFolder(async (folder) => {
      const name = (release: string) =>
        `tensorflow_cpu-${release}-cp313-cp313-manylinux_2_17_x86_64.whl`;
      const page = ["2.9.3", "2.20.0", "2.18.1"].map((release) =>
        `<a href="${name(release)}">x</a>`
      ).join("\n");
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response(page),
      );
      const { port } = server.addr;
      const address = `http://me:hush@127.0.0.1:${port}/simple`;
      await withVariable("PIP_INDEX_URL", address, () =>
        assert.rejects(
          fetchWheelLibrary("cpu", join(folder, "wheel"), () => {}),
          ({ message }: Error) =>
            message.startsWith(
              `the package index at 127.0.0.1:${port} lacks tensorflow-cpu `,
            ) &&
            message.includes(
              "has 2.20.0 at the most; the index is out of date",
            ) &&
            !message.includes("hush"),
        ));
      assert.equal(offeredInstead([], /x86_64/), "none for this machine");
    }),
});

const python = findProgram("python3");
const hasPip = python !== undefined &&
  new Deno.Command(python, { args: ["-m", "pip", "--version"] }).outputSync()
    .success;

Deno.test({
  name:
    "an index that pip is told for installing alone is used, before one for all",
  ignore: !hasPip,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "pip.conf");
      const global = "[global]\nindex-url = https://all.example/simple/\n";
      const install =
        "[install]\nindex-url = https://install.example/simple/\n";
      const index = async (text: string) => {
        await Deno.writeTextFile(file, text);
        return await indexAddress();
      };
      const before = ["PIP_INDEX_URL", "UV_INDEX_URL"].map((name) =>
        [name, Deno.env.get(name)] as const
      );
      for (const [name] of before) Deno.env.delete(name);
      await withVariable("PIP_CONFIG_FILE", file, async () => {
        assert.equal(await index(global), "https://all.example/simple");
        assert.equal(
          await index(global + install),
          "https://install.example/simple",
        );
      });
      for (const [name, value] of before) {
        if (value !== undefined) Deno.env.set(name, value);
      }
    }),
});

Deno.test({
  name:
    "in a moved project JupyterLab starts by the Python that lies there, and set-up looks",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyProject(folder);
      await mkdir(join(folder, "notebooks"));
      const bin = join(folder, ".venv", "bin");
      await mkdir(bin, { recursive: true });
      const said = join(folder, "said");
      // A Python that only says how it was started, and a program of the old place.
      const programs = {
        python: `#!/bin/sh\necho "$@" >> ${said}\necho ${folder}/old.py\n`,
        "jupyter-lab": "#!/moved-away/.venv/bin/python\n",
      };
      for (const [name, text] of Object.entries(programs)) {
        await Deno.writeTextFile(join(bin, name), text);
        await chmod(join(bin, name), 0o755);
      }
      const lab = await runScript(folder, "tasks/lab.ts", ["--version"]);
      assert.equal(lab.code, 0, lab.stderr);
      assert.match(
        await Deno.readTextFile(said),
        /^-m nbformat\.sign .*\n-m jupyterlab .*notebooks.* --version\n$/,
      );
      // The stamp of the old place is not believed: JupyterLab is elsewhere.
      const requirements = join(folder, "requirements-lab.txt");
      await Deno.copyFile(requirements, join(folder, ".venv", "setup-done"));
      const { stderr } = await runScript(folder, "tasks/setup.ts", [], {
        KIT_OFFLINE: "1",
      });
      assert.match(stderr, /^✗ JupyterLab: KIT_OFFLINE forbids/m);
      await Deno.writeTextFile(
        join(bin, "python"),
        `#!/bin/sh\necho ${folder}/.venv/lib/jupyterlab/__init__.py\n`,
      );
      const again = await runScript(folder, "tasks/setup.ts", [], {
        KIT_OFFLINE: "1",
      });
      assert.match(again.stderr, /^✓ JupyterLab: /m);
      assert.ok(existsSync(join(folder, ".venv", "setup-done")));
    }),
});
