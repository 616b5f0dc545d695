/** The safetensors format: what is written returns, what is damaged is named. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  SafetensorsFile,
  writeSafetensors,
} from "../../lib/model/files/safetensors.ts";
import type { TensorEntry } from "../../lib/model/files/safetensors_header.ts";

type Header = Record<string, Partial<TensorEntry>>;

async function newPath(): Promise<string> {
  return join(await Deno.makeTempDir(), "x.safetensors");
}

/** A file with any header, right or wrong. */
async function writeRaw(
  header: Header | string,
  data: Uint8Array<ArrayBuffer>,
) {
  const path = await newPath();
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(encoded.length), true);
  await Deno.writeFile(path, new Blob([prefix, encoded, data]).stream());
  return path;
}

Deno.test("tensors of both kinds return, with their metadata", async () => {
  const path = await newPath();
  const values = Float32Array.of(1, -2.5, 3e-5, 4);
  await writeSafetensors(path, [
    { name: "m", shape: [2, 2], values: () => values },
    {
      name: "i",
      shape: [1],
      dtype: "I32",
      values: () => Promise.resolve(Int32Array.of(7)),
    },
  ], { step: "3" });
  using file = SafetensorsFile.open(path);
  assert.deepEqual(file.read("m"), { shape: [2, 2], values });
  assert.deepEqual(file.read("i").values, Int32Array.of(7));
  assert.equal(file.metadata.step, "3");
  assert.throws(() => file.read("absent"), /no tensor "absent"/);
  await assert.rejects(
    writeSafetensors(path, [{ name: "m", shape: [3], values: () => values }]),
    /4 values for shape \[3\]/,
  );
});

Deno.test("the special values of both 16-bit formats are widened", async () => {
  // f16: 1, -2, smallest subnormal, largest, infinity; bf16: 1, -2, 2^-133, infinity
  const f16 = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00);
  const bf16 = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80);
  const data = new Uint8Array(18);
  data.set(new Uint8Array(f16.buffer));
  data.set(new Uint8Array(bf16.buffer), 10);
  using file = SafetensorsFile.open(
    await writeRaw({
      a: { dtype: "F16", shape: [5], data_offsets: [0, 10] },
      b: { dtype: "BF16", shape: [4], data_offsets: [10, 18] },
    }, data),
  );
  assert.deepEqual([...file.read("a").values], [
    1,
    -2,
    2 ** -24,
    65504,
    Infinity,
  ]);
  assert.deepEqual([...file.read("b").values], [1, -2, 2 ** -133, Infinity]);
});

Deno.test("16-bit values are written rounded to the nearest, ties to even", async () => {
  const path = await newPath();
  // One unit in the last place at 1: 2^-10 in f16, 2^-7 in bf16.
  const at = (unit: number, large: number) =>
    Float32Array.of(
      1 + 0.5 * unit,
      1 + 1.5 * unit,
      1 + 0.51 * unit,
      -3,
      large,
      NaN,
    );
  const f16 = () => at(2 ** -10, 65519);
  const bf16 = () => at(2 ** -7, 1e9);
  await writeSafetensors(path, [
    { name: "f16", shape: [6], dtype: "F16", values: f16 },
    { name: "bf16", shape: [6], dtype: "BF16", values: bf16 },
  ]);
  using file = SafetensorsFile.open(path);
  const rounded = (unit: number, large: number) => [
    1,
    1 + 2 * unit,
    1 + unit,
    -3,
    large,
    NaN,
  ];
  assert.deepEqual(
    [...file.read("f16").values],
    rounded(2 ** -10, 65504),
  );
  // 1e9 has 8 bits left: 119 * 2^23.
  assert.deepEqual(
    [...file.read("bf16").values],
    rounded(2 ** -7, 119 * 2 ** 23),
  );
});

Deno.test("a value that 16 bits would round to infinity is not written", async () => {
  const path = await newPath();
  const limits = { F16: 65520, BF16: 3.3961775292304e38 };
  for (const [dtype, limit] of Object.entries(limits)) {
    for (const value of [limit, -limit]) {
      await assert.rejects(
        writeSafetensors(path, [{
          name: "w",
          shape: [2],
          dtype: dtype as "F16" | "BF16",
          values: () => Float32Array.of(0, value),
        }]),
        new RegExp(`x.safetensors: "w" holds .*, which ${dtype} rounds to inf`),
      );
    }
    await writeSafetensors(path, [{
      name: "w",
      shape: [1],
      dtype: dtype as "F16" | "BF16",
      values: () => Float32Array.of(limit * (1 - 2 ** -20)),
    }]);
    using file = SafetensorsFile.open(path);
    assert.ok(Number.isFinite(file.readWeights("w").values[0]));
  }
});

Deno.test("a header that the safetensors library refuses is refused here", async () => {
  const entry = (start: number, end: number, shape = [(end - start) / 4]) =>
    `{"dtype":"F32","shape":[${shape}],"data_offsets":[${start},${end}]}`;
  const two = `"a":${entry(0, 8)},"b":${entry(8, 16)}`;
  const cases: [string, RegExp][] = [
    [`{"a":${entry(0, 16)},"a":${entry(0, 16)}}`, /"a" is in it twice/],
    [
      `{"a":{"dtype":"F32","dtype":"I32","shape":[4]}}`,
      /"dtype" is in it twice/,
    ],
    [`{"\u0061":${entry(0, 16)},"a":${entry(0, 16)}}`, /"a" is in it twice/],
    [
      `{"a":${entry(0, 12)},"b":${entry(8, 16)}}`,
      /"b" overlaps the tensor before/,
    ],
    [
      `{"a":${entry(0, 16)},"b":${entry(0, 16)}}`,
      /"b" overlaps the tensor before/,
    ],
    [`{"a":${entry(0, 4)},"b":${entry(8, 16)}}`, /"b" has a gap before it/],
    [`{"a":${entry(4, 16)}}`, /"a" has a gap before it/],
    [`{"a":${entry(0, 8)}}`, /8 bytes follow the last tensor/],
    [`{}`, /16 bytes follow the last tensor/],
    [`{"a":null}`, /entry "a" is null/],
    [`{"a":[]}`, /entry "a" is \[\]/],
    [`{"a":7}`, /entry "a" is 7/],
    [`[]`, /it is not an object/],
  ];
  for (const [header, pattern] of cases) {
    const path = await writeRaw(header, new Uint8Array(16));
    assert.throws(() => SafetensorsFile.open(path), pattern, header);
    assert.throws(() => SafetensorsFile.open(path), /x\.safetensors/);
  }
  // In any order, and with empty tensors anywhere, as the library writes them.
  const odd = `{"__metadata__":{"a":"1"},"z":${entry(8, 8, [0])},${two},"e":${
    entry(16, 16, [2, 0])
  }}`;
  const path = await writeRaw(odd, new Uint8Array(16));
  using file = SafetensorsFile.open(path);
  assert.deepEqual([...file.entries.keys()], ["z", "a", "b", "e"]);
});

Deno.test("a damaged file is named, with what is wrong in it", async () => {
  const good = { dtype: "F32", shape: [2], data_offsets: [0, 8] as const };
  const cases: [Header | string, RegExp][] = [
    ["{", /header cannot be read/],
    ["null", /header cannot be read \(it is not an object\)/],
    [{ t: { ...good, data_offsets: [0, 12] } }, /"t" ends 4 bytes behind/],
    [{ t: { ...good, data_offsets: [0, 4] } }, /takes 4 bytes.*F32 takes 8/],
    [{ t: { ...good, dtype: "F16", data_offsets: [0, 8] } }, /F16 takes 4/],
    [{ t: { ...good, data_offsets: [8, 0] } }, /"t".*damaged/],
    [{ t: { dtype: "F32", shape: [2] } }, /"t".*damaged/],
    [{ t: { ...good, shape: [-2], data_offsets: [0, 8] } }, /"t".*damaged/],
  ];
  for (const [header, pattern] of cases) {
    const path = await writeRaw(header, new Uint8Array(8));
    assert.throws(() => SafetensorsFile.open(path), pattern);
    assert.throws(() => SafetensorsFile.open(path), /x\.safetensors/);
  }
  const path = await writeRaw(
    { t: { dtype: "F64", shape: [1], data_offsets: [0, 8] } },
    new Uint8Array(8),
  );
  using file = SafetensorsFile.open(path);
  assert.throws(() => file.read("t"), /"t" is stored as F64; .*convert/);
  for (const length of [12, 4]) {
    await Deno.truncate(path, length);
    assert.throws(() => SafetensorsFile.open(path), /x\.safetensors/);
  }
  assert.throws(
    () => SafetensorsFile.open(`${path}.absent`),
    /absent: .*copy the missing file/,
  );
});
