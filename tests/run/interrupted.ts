/** The command of self-play in a process of its own, and a signal when it says something. */
import assert from "node:assert/strict";

const COMMAND = new URL("../../tasks/selfplay.ts", import.meta.url).pathname;

/** Runs the command, sends signals once a line matches or a promise is kept, and gives code, output and the seconds since. */
export async function interrupted(
  args: string[],
  when: RegExp | Promise<unknown>,
  ...signals: Deno.Signal[]
): Promise<{ code: number; said: string; seconds: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", COMMAND, ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let said = "";
  let sent = false;
  let at = NaN;
  const send = () => {
    sent = true;
    at = performance.now();
    signals.forEach((signal) => child.kill(signal));
  };
  if (when instanceof Promise) when.then(send);
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (!sent && when instanceof RegExp && when.test(said)) send();
  }
  const { code } = await child.status;
  assert.ok(sent, `never said ${when}:\n${said}`);
  return { code, said, seconds: (performance.now() - at) / 1000 };
}
