/**
 * Runs a notebook from top to bottom in a fresh Deno kernel and stores the outputs of its
 * cells.
 *
 * A run stops at the first cell that fails, where Jupyter's "Run All" goes on. Left out:
 * writing the file (`notebook_file.ts`) and static images
 * (`static_images.ts`).
 */

import { UNCAUGHT_ERRORS } from "../../lib/show/notebook/interrupt.ts";
import { type Execution, Kernel } from "./kernel.ts";
import {
  type Cell,
  joined,
  type Notebook,
  type Output,
  RAISES_EXCEPTION,
  SKIP_EXECUTION,
  tagsOf,
} from "./notebook_file.ts";
import { errorOutput, OutputCollector } from "./outputs.ts";

/** The options of a run. */
export interface RunOptions {
  /** The folder the kernel runs in: the notebook's own. */
  folder: string;
  /** Longest a single cell may take, in milliseconds. */
  timeoutMs: number;
  /** Path of the Deno to start; default: the running one. */
  deno?: string;
  env?: Record<string, string>;
  /** Told after each cell, with its number and how long it took. */
  onCell?: (cell: number, seconds: number) => void;
}

/** The reason for which a run stopped. */
export interface Failure {
  /** Number of the cell, counted from 0 over cells of all kinds. */
  cell: number;
  kind: "error" | "timeout" | "dead" | "uncaught" | "no error";
  message: string;
}

/** The result of a run. */
export interface RunReport {
  failure: Failure | null;
  /** Number of cells that ran. */
  executed: number;
}

/** Runs the code cells of `notebook`, replacing their outputs in place. */
export async function runNotebook(
  notebook: Notebook,
  options: RunOptions,
): Promise<RunReport> {
  clearOutputs(notebook);
  const kernel = await Kernel.start(options);
  const collector = new OutputCollector();
  let executed = 0;
  try {
    for (const [number, cell] of notebook.cells.entries()) {
      if (!isRun(cell)) continue;
      const start = performance.now();
      const source = joined(cell.source);
      const execution = await kernel.execute(source, options.timeoutMs);
      executed++;
      options.onCell?.(number, (performance.now() - start) / 1000);
      cell.execution_count = executed;
      cell.outputs = collector.collect(execution.messages, executed);
      const failure = judge(cell, number, execution, kernel, options);
      if (failure) return { failure, executed };
    }
    return { failure: null, executed };
  } finally {
    await kernel.stop();
  }
}

/** Runs a notebook and throws an error that names the failing cell, for tests. */
export async function runNotebookOrThrow(
  notebook: Notebook,
  options: RunOptions,
): Promise<void> {
  const { failure } = await runNotebook(notebook, options);
  if (failure) throw new Error(describeFailure(notebook, failure));
}

/** Returns a failure in words, with the source of its cell. */
export function describeFailure(notebook: Notebook, failure: Failure): string {
  const source = joined(notebook.cells[failure.cell].source);
  const indented = source.replace(/^/gm, "    ");
  return `cell ${failure.cell}: ${failure.message}\n${indented}`;
}

function clearOutputs(notebook: Notebook): void {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    cell.outputs = [];
    cell.execution_count = null;
  }
}

function isRun(cell: Cell): boolean {
  return cell.cell_type === "code" && joined(cell.source).trim() !== "" &&
    !tagsOf(cell).includes(SKIP_EXECUTION);
}

/** Tells whether the cell did what its tags say; adds an error output where none came. */
function judge(
  cell: Cell,
  number: number,
  execution: Execution,
  kernel: Kernel,
  options: RunOptions,
): Failure | null {
  const expected = tagsOf(cell).includes(RAISES_EXCEPTION);
  const outputs = cell.outputs as Output[];
  if (execution.status === "ok") {
    if (expected) {
      const message = "was expected to throw, and did not";
      return { cell: number, kind: "no error", message };
    }
    const message = uncaughtError(outputs);
    return message ? { cell: number, kind: "uncaught", message } : null;
  }
  let error = outputs.findLast(isError);
  if (!error) {
    error = errorOutput(missingError(execution, kernel, options));
    outputs.push(error);
  }
  if (expected && execution.status === "error") return null;
  const { ename, evalue } = error as Extract<Output, { output_type: "error" }>;
  const message = `${ename}: ${evalue}`;
  return { cell: number, kind: execution.status, message };
}

/** Returns the error that lib/show/notebook printed where Jupyter reports none. */
function uncaughtError(outputs: readonly Output[]): string | undefined {
  const beginnings = Object.values(UNCAUGHT_ERRORS);
  return outputs.flatMap((output) =>
    output.output_type === "stream" && output.name === "stderr"
      ? output.text
      : []
  ).find((line) => beginnings.some((start) => line.startsWith(start)))?.trim();
}

/** Returns the output to store for a cell whose end the kernel did not report as an error. */
function missingError(
  execution: Execution,
  kernel: Kernel,
  options: RunOptions,
): Record<string, unknown> {
  if (execution.status === "timeout") {
    const seconds = options.timeoutMs / 1000;
    return { ename: "Timeout", evalue: `the cell ran over ${seconds} s` };
  }
  if (execution.status === "dead") {
    const tail = kernel.stderrTail;
    const evalue = "the kernel's process ended" + (tail ? `:\n${tail}` : "");
    return { ename: "DeadKernel", evalue };
  }
  return execution.reply ?? {};
}

function isError(output: Output): boolean {
  return output.output_type === "error";
}
