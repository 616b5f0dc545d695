/**
 * The power goes on a real ext4 disk: what the device holds while a run is played,
 * without what the system still has in memory. Needs root for its loop mounts, so it
 * runs only with AZR_POWER_CUT=1.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { randomStream } from "../../lib/random.ts";
import { LOG_NAMES } from "../../lib/run/record.ts";

const CUTS = 8;
const STEPS = 60;
const SCRIPT = new URL("./killed_run.ts", import.meta.url).pathname;

async function shell(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

function start(folder: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, folder, `${STEPS}`],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

Deno.test({
  name:
    `cut off ${CUTS} times, a disk holds a run that ends as if it never was`,
  ignore: Deno.env.get("AZR_POWER_CUT") !== "1",
  fn: async () => {
    const parent = await Deno.makeTempDir({ prefix: "power-cut-disk-" });
    const [image, disk] = [join(parent, "image"), join(parent, "disk")];
    await Deno.mkdir(disk);
    await Deno.writeFile(image, new Uint8Array(64 << 20));
    await shell("mkfs.ext4", "-q", "-F", image);
    await shell("mount", "-o", "loop", image, disk);
    const cuts: string[] = [];
    try {
      const run = start(join(disk, "run"));
      const lines = run.stdout.pipeThrough(new TextDecoderStream());
      const stream = randomStream(7, "cuts");
      let next = stream.integer(1, 12);
      for await (const chunk of lines) {
        next -= chunk.trim().split("\n").length;
        if (next > 0 || cuts.length === CUTS) continue;
        next = stream.integer(1, 30);
        run.kill("SIGSTOP");
        cuts.push(`${image}-${cuts.length}`);
        await shell("cp", "--sparse=always", image, cuts.at(-1)!);
        run.kill("SIGCONT");
      }
      assert.ok((await run.status).success);
      assert.equal(cuts.length, CUTS);
      await shell("cp", "-a", join(disk, "run"), join(parent, "whole"));
    } finally {
      await shell("umount", disk);
    }
    for (const [i, cut] of cuts.entries()) {
      const folder = join(parent, `cut-${i}`);
      await shell("mount", "-o", "loop", cut, disk);
      await shell("cp", "-a", `${disk}/.`, folder);
      await shell("umount", disk);
      const resumed = start(join(folder, "run"));
      await resumed.stdout.cancel();
      assert.ok((await resumed.status).success, `cut ${i} does not resume`);
      for (const name of LOG_NAMES) {
        if (name === "timings.jsonl") continue;
        const [got, wanted] = [join(folder, "run"), join(parent, "whole")].map((
          one,
        ) => Deno.readTextFileSync(join(one, name)));
        assert.ok(got === wanted, `cut ${i}: ${name} differs`);
      }
    }
    await Deno.remove(parent, { recursive: true });
  },
});
