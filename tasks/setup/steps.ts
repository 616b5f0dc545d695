/**
 * Runs the steps of set-up one after another, prints the result and the time of each, and
 * goes on after a step that this machine cannot do. Prints to stderr, so that the output
 * of the task that follows stays clean.
 */

import { asProblem, cureOf, firstLine, SetupProblem } from "./problem.ts";

/**
 * A step of set-up. `work` returns in a few words what is now there, and may report its
 * progress.
 */
export interface Step {
  readonly title: string;
  readonly work: (
    progress: (received: number, total?: number) => void,
  ) => Promise<string>;
  /**
   * The consequence of a machine without this step, printed beside the problem. A step
   * that names none is needed, and its failure ends set-up.
   */
  readonly otherwise?: string;
}

/**
 * Runs every step. Returns the titles of the steps that this machine could not do.
 * `again` is the command that messages name to go on.
 */
export async function runSteps(
  steps: readonly Step[],
  again?: string,
): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) {
    const start = performance.now();
    const seconds = () =>
      `${((performance.now() - start) / 1000).toFixed(1)} s`;
    try {
      const result = await step.work(progressLine(step.title));
      say(`✓ ${step.title}: ${result} (${seconds()})`);
    } catch (error) {
      if (step.otherwise === undefined) throw asProblem(error, again);
      failed.push(step.title);
      say(
        `✗ ${step.title}: ${describe(error)} ${step.otherwise}. (${seconds()})`,
      );
    }
  }
  return failed;
}

function describe(error: unknown): string {
  if (error instanceof SetupProblem) return `${error.message}.`;
  return `${firstLine(error)}; ${cureOf(error, "the network")}.`;
}

/** Returns a printer of progress, which rewrites one line on a terminal and prints nothing elsewhere. */
function progressLine(
  title: string,
): (received: number, total?: number) => void {
  if (!Deno.stderr.isTerminal()) return () => {};
  let shownAt = 0;
  return (received, total) => {
    const now = performance.now();
    if (now - shownAt < 200) return;
    shownAt = now;
    const all = total === undefined ? "" : ` of ${(total / 1e6).toFixed(0)}`;
    write(`\r\x1b[2K… ${title}: ${(received / 1e6).toFixed(0)}${all} MB`);
  };
}

function say(line: string): void {
  write(Deno.stderr.isTerminal() ? `\r\x1b[2K${line}\n` : `${line}\n`);
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
