/**
 * A random checkpoint of Qwen2.5-Coder-0.5B's size loads and generates within
 * 8 GB. Takes a gigabyte of disk and some minutes, so only when AZR_LARGE_MODEL
 * is set; prints what it measured (a log is in data/model/large_model.jsonl).
 * Linux only, where a process can read its peak.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("large_model.ts", import.meta.url));
const LIMIT_BYTES = 8e9;

async function inProcess(mode: string, folder: string) {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, mode, folder],
    stderr: "inherit",
  }).output();
  assert.equal(code, 0);
  const line = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
  console.log(line);
  return JSON.parse(line);
}

Deno.test({
  name: "0.5 billion parameters load and generate within 8 GB",
  ignore: !Deno.env.get("AZR_LARGE_MODEL") || Deno.build.os !== "linux",
  fn: async () => {
    const parent = await Deno.makeTempDir();
    const folder = join(parent, "model");
    try {
      const { parameters } = await inProcess("write", folder);
      assert.equal(parameters, 494032768);
      const { tokens, peakBytes } = await inProcess("generate", folder);
      assert.ok(tokens.every((row: number[]) => row.length === 16));
      assert.ok(peakBytes < LIMIT_BYTES, `${peakBytes} bytes`);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  },
});
