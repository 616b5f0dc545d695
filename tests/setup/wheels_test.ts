/** Reading a package index and choosing a wheel from it. */

import assert from "node:assert/strict";
import {
  cudaRequirements,
  newestWithin,
} from "../../tasks/setup/cuda_libraries.ts";
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
  assert.equal(wheels[0].digest?.hex, digest);
  assert.equal(
    wheels[0].url,
    "https://files.example/a/tensorflow_cpu-2.21.0-cp310-cp310-manylinux_2_27_x86_64.whl",
  );
  assert.equal(wheels[1].digest, undefined);
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

Deno.test("the CUDA libraries are those of the extra, without the compiler, the newest within bounds", () => {
  const metadata = [
    "Requires-Dist: numpy>=1.26.0",
    "Provides-Extra: and-cuda",
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    'Requires-Dist: nvidia-cuda-nvcc-cu12<13.0,>=12.5.82; extra == "and-cuda"',
    'Requires-Dist: nvidia-nccl-cu12; extra == "and-cuda"',
  ].join("\n");
  const requirements = cudaRequirements(metadata);
  assert.deepEqual(requirements, [
    { project: "nvidia-cublas-cu12", bounds: ["<13.0", ">=12.5.3.2"] },
    { project: "nvidia-nccl-cu12", bounds: [] },
  ]);
  const offered = [
    "12.5.3.1",
    "12.9.1.4",
    "12.10.0.1",
    "13.0.0.2",
    "12.11.0rc1",
  ].map((version) => ({
    fileName:
      `nvidia_cublas_cu12-${version}-py3-none-manylinux_2_27_x86_64.whl`,
    url: "",
  }));
  const newest = (bounds: string[]) =>
    newestWithin(offered, bounds, /x86_64/)?.fileName.split("-")[1];
  assert.equal(newest([...requirements[0].bounds]), "12.10.0.1");
  assert.equal(newest([]), "13.0.0.2");
  assert.equal(newest(["<12.5"]), undefined);
  assert.throws(() => newest(["~=12.5"]), /kind that set-up does not know/);
});
