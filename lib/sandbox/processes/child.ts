/**
 * The main program of a child process: reads jobs, runs them, writes outcomes.
 *
 * It is started without permissions (see `child_process.ts`) and everything is
 * synchronous. It ends when its stdin closes, so it cannot outlive the parent by
 * more than the program it is running, which fuel bounds; an interrupt from the
 * terminal is for the parent and is ignored here.
 */

import {
  FrameBuffer,
  frameJson,
  type Greeting,
  type Reply,
  type Request,
  type WireJob,
} from "./frame.ts";
import type {
  EngineName,
  LanguageEngine,
  StartEngine,
} from "../language_engine.ts";
import { Judge } from "./judge.ts";
import type { Limits, Outcome } from "../outcome.ts";

if (import.meta.main) await serve(Deno.args[0] as EngineName);

async function serve(name: EngineName): Promise<never> {
  Deno.addSignalListener("SIGINT", () => {});
  const frames = new FrameBuffer();
  const greeting: Greeting = decode(readFrame(frames) ?? Deno.exit(0));
  const payload = readFrame(frames) ?? Deno.exit(0);
  const start = await engineNamed(name);
  const engine = await start(new Uint8Array(payload), greeting.limits);
  reply({ nonce: greeting.nonce, ready: true });
  for (;;) {
    const frame = readFrame(frames);
    if (frame === null) Deno.exit(0);
    runFrame(engine, decode(frame), greeting);
  }
}

/** Runs a frame's jobs in order; neighbours that differ in arguments alone share the loading. */
function runFrame(
  engine: LanguageEngine,
  { jobs, isUrgent }: Request,
  { nonce, limits }: Greeting,
): void {
  const runAlone = (job: WireJob) => [...runGroup(engine, [job], limits)][0];
  const judge = new Judge(
    engine,
    runAlone,
    (part) => reply({ nonce, ...part }),
    isUrgent,
  );
  for (let start = 0; start < jobs.length;) {
    let end = start + 1;
    while (end < jobs.length && shareLoading(jobs[start], jobs[end])) end++;
    for (const outcome of runGroup(engine, jobs.slice(start, end), limits)) {
      judge.add(jobs[start++], outcome);
    }
  }
  judge.prove();
}

function shareLoading(a: WireJob, b: WireJob): boolean {
  return a[1] === b[1] && a[2] === b[2] &&
    (a[4] === b[4] || JSON.stringify(a[4]) === JSON.stringify(b[4]));
}

/** Jobs of one program. */
function runGroup(
  engine: LanguageEngine,
  group: readonly WireJob[],
  limits: Limits,
): Iterable<Outcome> {
  const [, language, source, , setting] = group[0];
  const argumentTexts = group.map(([, , , argument]) => argument);
  if ([source, ...argumentTexts].some((text) => typeof text !== "string")) {
    const reason = "a source or an argument is no text";
    return group.map(() => ({ kind: "infrastructure", reason }));
  }
  if (source.length > limits.sourceChars) {
    const reason = `source longer than ${limits.sourceChars} characters`;
    return group.map(() => ({ kind: "refused", reason, fuel: 0 }));
  }
  if (
    ![source, setting?.testSetup ?? ""].every((text) => text.isWellFormed())
  ) {
    const message = "half of a surrogate pair";
    return group.map(() => ({ kind: "syntax", message }));
  }
  const bounds = { ...limits, ...setting?.limits };
  return engine.runEach(language, source, argumentTexts, bounds, setting);
}

/** Each engine is its own module: a child loads only the one it serves. */
async function engineNamed(name: EngineName): Promise<StartEngine> {
  switch (name) {
    case "quickjs":
      return (await import("../javascript/quickjs.ts")).startQuickJs;
    case "pyodide":
      return (await import("../python/python_twice.ts")).startPython;
  }
}

/** Returns the bytes of the next frame; null when the parent closed the pipe. */
function readFrame(frames: FrameBuffer): Uint8Array | null {
  for (;;) {
    const frame = frames.next();
    if (frame !== null) return frame;
    const chunk = new Uint8Array(256 * 1024);
    const length = Deno.stdin.readSync(chunk);
    if (length === null) return null;
    frames.push(chunk.subarray(0, length));
  }
}

/** Fails, and so ends the process, when the parent is gone. */
function reply(message: Reply): void {
  const frame = frameJson(message);
  for (let done = 0; done < frame.length;) {
    done += Deno.stdout.writeSync(frame.subarray(done));
  }
}

function decode<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes));
}
