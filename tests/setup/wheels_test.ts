/** Reading a package index and choosing a wheel from it. */

import assert from "node:assert/strict";
import {
  chooseWheel,
  parseListing,
  platformPattern,
} from "../../tasks/setup/pypi.ts";

const digest = "ab".repeat(32);
const page = `<!DOCTYPE html><html><body><h1>Links</h1>
<a href="https://files.example/a/tensorflow_cpu-2.21.0-cp310-cp310-manylinux_2_27_x86_64.whl#sha256=${digest}" data-requires-python="&gt;=3.10">x</a><br/>
<a data-x="1" href="../../b/tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl">x</a>
<a href="../../b/tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_aarch64.whl">x</a>
<a href="../../b/tensorflow_cpu-2.21.0-cp313-cp313-win_amd64.whl">x</a>
<a href="../../b/tensorflow_cpu-2.21.0rc0-cp314-cp314-manylinux_2_27_x86_64.whl">x</a>
<a href="../../b/tensorflow_cpu-2.21.0.tar.gz">x</a></body></html>`;
const wheels = parseListing(
  page,
  "https://index.example/simple/tensorflow-cpu/",
);

Deno.test("the listing gives every wheel its full address and, where it is there, its digest", () => {
  assert.equal(wheels.length, 5);
  assert.equal(wheels[0].sha256, digest);
  assert.equal(
    wheels[0].url,
    "https://files.example/a/tensorflow_cpu-2.21.0-cp310-cp310-manylinux_2_27_x86_64.whl",
  );
  assert.equal(wheels[1].sha256, undefined);
  assert.ok(
    wheels[1].url.startsWith(
      "https://index.example/b/tensorflow_cpu-2.21.0-cp313",
    ),
  );
});

Deno.test("the wheel is of exactly the release and the platform", () => {
  const choose = (os: typeof Deno.build.os, arch: typeof Deno.build.arch) =>
    chooseWheel(wheels, "2.21.0", platformPattern(os, arch) ?? /never/)
      ?.fileName;
  assert.equal(
    choose("linux", "x86_64"),
    "tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl",
  );
  assert.equal(
    choose("linux", "aarch64"),
    "tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_aarch64.whl",
  );
  assert.equal(choose("darwin", "aarch64"), undefined);
  assert.equal(choose("windows", "x86_64"), undefined);
  assert.equal(chooseWheel(wheels, "2.22.0", /x86_64/), undefined);
});
