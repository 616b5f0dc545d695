/**
 * What the doctor says on the project as it is, and how the other tasks answer.
 */

import assert from "node:assert/strict";
import { countTests } from "../../tasks/test.ts";
import { labArguments } from "../../tasks/lab.ts";
import { report } from "../../tasks/doctor.ts";
import { projectFolder } from "../../tasks/setup/project.ts";
import { runScript } from "./project_copy.ts";

Deno.test("doctor --json prints one object with the promised fields and nothing else", async () => {
  const { code, stdout, stderr } = await runScript(
    projectFolder,
    "tasks/doctor.ts",
    ["--json"],
  );
  assert.equal(code, 0, stderr);
  const found = JSON.parse(stdout);
  for (
    const field of [
      "backend",
      "device",
      "tensorflow",
      "deno",
      "kernel",
      "jupyter",
      "gpu",
      "chromium",
    ]
  ) {
    assert.ok(field in found, field);
  }
  assert.equal(found.deno, Deno.version.deno);
  assert.ok(["tensorflow", "webgpu", "wasm", "cpu"].includes(found.backend));
  assert.equal(found.backend === "tensorflow", found.tensorflow !== null);
  const text = report(found);
  assert.ok(text.includes(found.why[0]));
  assert.equal(
    text.includes("Nothing is missing."),
    found.missing.length === 0,
  );
});

Deno.test("the doctor names the cure of each missing thing", () => {
  const text = report({
    backend: "wasm",
    device: "cpu",
    deviceName: "made up",
    why: ["the fallback"],
    tensorflow: null,
    deno: "2.9.6",
    pinnedDeno: "2.8.1",
    kernel: null,
    jupyter: null,
    gpu: null,
    chromium: null,
    missing: [{ what: "native TensorFlow", cure: "run `deno task setup`" }],
  });
  assert.match(text, /native TensorFlow\n {2}→ run `deno task setup`/);
  assert.match(text, /2\.9\.6, but the tasks go on with 2\.8\.1/);
});

Deno.test("JupyterLab listens on this machine only and keeps its token", () => {
  const args = labArguments(["--no-browser"], 1000);
  assert.ok(args.includes("--ServerApp.ip=127.0.0.1"));
  assert.ok(
    !args.some((argument) =>
      /token|password|allow-root|allow_origin/.test(argument)
    ),
  );
  assert.ok(labArguments([], 0).includes("--allow-root"));
  assert.equal(args.at(-1), "--no-browser");
});

Deno.test("the test counts are read from the last summary, and a crash counts as a failure", () => {
  assert.deepEqual(
    countTests(true, "ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)\n"),
    {
      passed: 12,
      failed: 0,
    },
  );
  assert.deepEqual(
    countTests(false, "\x1b[31mFAILED\x1b[0m | 11 passed | 2 failed (2s)\n"),
    {
      passed: 11,
      failed: 2,
    },
  );
  assert.deepEqual(countTests(false, "Segmentation fault\n"), {
    passed: 0,
    failed: 1,
  });
});

Deno.test("an unknown measurement or argument is refused with what there is", async () => {
  const bench = await runScript(projectFolder, "tasks/bench.ts", [
    "no_such_thing",
  ]);
  assert.equal(bench.code, 2);
  assert.match(
    bench.stderr,
    /no measurement is called "no_such_thing"; there are dialects[^]*deno\S* task bench --help/,
  );
  const setup = await runScript(projectFolder, "tasks/setup.ts", [
    "--nonsense",
  ]);
  assert.equal(setup.code, 2);
  assert.match(setup.stderr, /unknown option --nonsense/);
});
