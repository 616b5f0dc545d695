/**
 * Runs the steps of set-up one after another, says what each did and how long
 * it took, and goes on after a step that this machine cannot do. Speaks on
 * stderr, so that the output of the task that follows stays clean.
 */

import { asProblem, cureOf, firstLine, SetupProblem } from "./problem.ts";

/**
 * One step: `work` returns what is now there, in a few words, and may report
 * progress while it runs.
 */
export interface Step {
  readonly title: string;
  readonly work: (
    progress: (received: number, total?: number) => void,
  ) => Promise<string>;
  /**
   * What happens without it, said beside the problem; a step without one is
   * needed and ends set-up.
   */
  readonly otherwise?: string;
}

/**
 * Runs every step. Returns the titles of those that this machine could not do;
 * `again` is what a message names to go on.
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

/** Returns a line that rewrites itself on a terminal and keeps silent elsewhere. */
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
