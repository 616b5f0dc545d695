/**
 * Runs a part of `deno task gpu` in a process of its own, for at most its seconds.
 *
 * A part says what it has found as often as it likes, on lines that begin with RESULT;
 * the last one counts, also of a part that fails or is ended. Nothing of a part can
 * stop the others.
 */

/** A part by name, its seconds, and the environment of its process. */
export interface Part {
  name: string;
  budgetSeconds: number;
  environment?: Record<string, string>;
}

/** What became of a part. */
export interface PartLog {
  part: string;
  budget_seconds: number;
  seconds: number;
  ok: boolean;
  /** The last line of an error, or why the part was left out; null where it is fine. */
  problem: string | null;
  result: unknown;
}

/** The beginning of a line with a result. */
const RESULT = "RESULT ";

/** Says what a part has found so far. */
export function tell(result: unknown): void {
  console.log(RESULT + JSON.stringify(result));
}

/** Seconds that a part has to end by itself once it is asked to. */
const PATIENCE_SECONDS = 5;

/** Runs `command` with `args` as a part. Never throws. */
export async function runPart(
  { name, budgetSeconds, environment }: Part,
  command: string,
  args: readonly string[],
): Promise<PartLog> {
  const began = performance.now();
  const log = (problem: string | null, result: unknown): PartLog => ({
    part: name,
    budget_seconds: budgetSeconds,
    seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    ok: problem === null,
    problem,
    result,
  });
  if (budgetSeconds <= 0) return log("left out: no time was left", null);
  try {
    const child = new Deno.Command(command, {
      args: [...args],
      env: environment,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const ended = endAfter(child, budgetSeconds);
    const [out, errors, { success }] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.status,
    ]);
    const late = ended.stop();
    const result = lastResult(out);
    if (late) return log(`ended after its ${budgetSeconds} s`, result);
    return log(success ? null : lastError(errors), result);
  } catch (error) {
    return log(error instanceof Error ? error.message : String(error), null);
  }
}

/** Ends a process after some seconds; `stop` says whether that was needed. */
function endAfter(child: Deno.ChildProcess, seconds: number) {
  let late = false;
  const send = (signal: Deno.Signal) => {
    late = true;
    try {
      child.kill(signal);
    } catch {
      // It has just ended by itself.
    }
  };
  const timers = [
    setTimeout(() => send("SIGTERM"), 1000 * seconds),
    setTimeout(() => send("SIGKILL"), 1000 * (seconds + PATIENCE_SECONDS)),
  ];
  return {
    stop() {
      timers.forEach(clearTimeout);
      return late;
    },
  };
}

function lastResult(output: string): unknown {
  const line = output.split("\n")
    .findLast((line) => line.startsWith(RESULT) && line.endsWith("}"));
  return line === undefined ? null : JSON.parse(line.slice(RESULT.length));
}

/** Returns the line of an error that says most: the one that names it, else the last. */
function lastError(errors: string): string {
  // deno-lint-ignore no-control-regex
  const lines = errors.replace(/\x1b\[[\d;]*m/g, "").trim().split("\n")
    .map((line) => line.trim());
  const named = lines.findLast((line) => /^(?:error|\w*Error)\b.*:/.test(line));
  return named ?? lines.at(-1) ?? "it failed without a word";
}
