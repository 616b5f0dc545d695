/**
 * Makes the stored outputs of a notebook from the messages that its cells published.
 *
 * Outputs are made reproducible here: no terminal colours, no path of this
 * machine, no time.
 */

import { stripVTControlCharacters } from "node:util";
import type { Message } from "./kernel.ts";
import { joined, kitRoot, lines, type Output } from "./notebook_file.ts";

type DisplayData = Extract<Output, { output_type: "display_data" }>;

/** Collects the outputs of one notebook, cell by cell. */
export class OutputCollector {
  /** Displays that a later message may redraw, also from a later cell. */
  readonly #displays = new Map<string, DisplayData[]>();

  /** Returns the outputs of a cell from all that it published. */
  collect(messages: readonly Message[], executionCount: number): Output[] {
    const outputs: Output[] = [];
    let clearNext = false;
    const add = (output: Output) => {
      if (clearNext) outputs.length = 0;
      clearNext = false;
      outputs.push(output);
    };
    for (const { type, content } of messages) {
      if (type === "clear_output") {
        if (content.wait) clearNext = true;
        else outputs.length = 0;
      } else if (type === "update_display_data") {
        this.#redraw(content);
      } else if (!clearNext && appendToStream(outputs.at(-1), type, content)) {
        continue;
      } else {
        const output = this.#output(type, content, executionCount);
        if (output) add(output);
      }
    }
    return outputs.map(splitStream);
  }

  #output(
    type: string,
    content: Record<string, unknown>,
    executionCount: number,
  ): Output | null {
    switch (type) {
      case "stream":
        return {
          output_type: "stream",
          name: content.name as "stdout" | "stderr",
          text: [clean(content.text)],
        };
      case "display_data":
        return this.#display(content);
      case "execute_result":
        return {
          output_type: "execute_result",
          execution_count: executionCount,
          data: cleanBundle(content.data),
          metadata: record(content.metadata),
        };
      case "error":
        return errorOutput(content);
      default:
        return null;
    }
  }

  #display(content: Record<string, unknown>): DisplayData {
    const output: DisplayData = {
      output_type: "display_data",
      data: cleanBundle(content.data),
      metadata: record(content.metadata),
    };
    const id = displayId(content);
    if (id) this.#displays.set(id, [...this.#displays.get(id) ?? [], output]);
    return output;
  }

  #redraw(content: Record<string, unknown>): void {
    for (const output of this.#displays.get(displayId(content)) ?? []) {
      output.data = cleanBundle(content.data);
      output.metadata = record(content.metadata);
    }
  }
}

/** Returns the output of a cell that threw. A syntax error arrives with its text twice. */
export function errorOutput(content: Record<string, unknown>): Output {
  const evalue = clean(content.evalue);
  const name = clean(content.ename ?? "Error");
  const ename = name.split(/[:\n]/, 1)[0];
  const traceback = Array.isArray(content.traceback) ? content.traceback : [];
  return {
    output_type: "error",
    ename,
    evalue: evalue.startsWith(`${ename}: `)
      ? evalue.slice(ename.length + 2)
      : evalue,
    traceback: traceback.map(clean),
  };
}

/** Adds printed text to the stream output before it, if that is of the same kind. */
function appendToStream(
  last: Output | undefined,
  type: string,
  content: Record<string, unknown>,
): boolean {
  if (type !== "stream" || last?.output_type !== "stream") return false;
  if (last.name !== content.name) return false;
  last.text.push(clean(content.text));
  return true;
}

function splitStream(output: Output): Output {
  if (output.output_type !== "stream") return output;
  output.text = lines(joined(output.text));
  return output;
}

function displayId(content: Record<string, unknown>): string {
  return String(record(content.transient).display_id ?? "");
}

function record(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object"
    ? value as Record<string, unknown>
    : {};
}

/** Returns the text without terminal codes and without this machine's folder. */
function clean(text: unknown): string {
  return stripVTControlCharacters(joined(text))
    .replaceAll(`file://${kitRoot()}/`, "")
    .replaceAll(`${kitRoot()}/`, "");
}

function cleanBundle(data: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record(data)).map(([mime, value]) => {
      const isText = typeof value === "string" || Array.isArray(value);
      if (mime.endsWith("json") || !isText) return [mime, value];
      return [mime, lines(clean(value))];
    }),
  );
}
