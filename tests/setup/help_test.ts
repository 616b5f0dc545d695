/** Every task of deno.json says what it is for, and what it does not understand. */

import assert from "node:assert/strict";
import { benchmarkNames } from "../../tasks/bench.ts";
import { taskCommand } from "../../tasks/selfplay/hints.ts";
import { projectFolder } from "../../tasks/setup/project.ts";

const { tasks } = JSON.parse(
  await Deno.readTextFile(`${projectFolder}/deno.json`),
) as { tasks: Record<string, { command: string }> };

/** Runs a task's own command, without the set-up before it, as the task does. */
async function runTask(command: string, word: string) {
  const [, ...args] = command.split(" && ").at(-1)!.split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, word],
    cwd: projectFolder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Tasks that are a command of Deno's or hand unknown words on, and who answers. */
const ANSWERED_BY: Record<string, string> = { lint: "deno lint" };

for (const [name, { command }] of Object.entries(tasks)) {
  Deno.test(`deno task ${name} answers --help and names an unknown option`, async () => {
    const [help, unknown] = await Promise.all(
      ["--help", "--hlep"].map((word) => runTask(command, word)),
    );
    assert.equal(help.code, 0, help.stderr);
    const page = ANSWERED_BY[name] ?? `deno task ${name.split(":")[0]}`;
    assert.ok(help.stdout.includes(page), help.stdout);
    assert.doesNotMatch(help.stderr, /Uncaught|✗/);
    assert.ok([1, 2].includes(unknown.code), `${unknown.code}`);
    assert.match(unknown.stderr, /--hlep/);
    assert.doesNotMatch(unknown.stderr, /Uncaught|^ {4}at /m);
  });
}

for (const name of benchmarkNames()) {
  Deno.test(`deno task bench ${name} answers --help and names an unknown option`, async () => {
    const [help, unknown] = await Promise.all(
      ["--help", "--hlep"].map((word) =>
        runTask(`deno run -A tasks/bench.ts ${name}`, word)
      ),
    );
    assert.equal(help.code, 0, help.stderr);
    assert.ok(help.stdout.startsWith(`deno task bench ${name}\n`), help.stdout);
    assert.equal(unknown.code, 2, unknown.stderr);
    const said = unknown.stderr.trim().split("\n").slice(-2);
    assert.equal(said[0], `bench ${name}: unknown option --hlep.`);
    // The hint is in the form that started these tests: `deno` or `npx -y deno@…`.
    const hint = taskCommand("bench", [name, "--help"]);
    assert.equal(said[1], `What there is: ${hint}`);
  });
}

const OUT_OF_RANGE = {
  "--port=70000": "0 to 65535",
  "--workers=0": "1 to 1024",
};

for (const [word, range] of Object.entries(OUT_OF_RANGE)) {
  Deno.test(`deno task serve refuses ${word} and says the range`, async () => {
    const { code, stderr } = await runTask(tasks.serve.command, word);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`needs a whole number from ${range}`), stderr);
  });
}
