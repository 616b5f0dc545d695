/** What the measurements' command lines have in common: options, help, and what is not understood. */

import { taskCommand } from "../selfplay/hints.ts";
import {
  optionLines,
  type OptionText,
  readWords,
  UsageError,
} from "../usage.ts";

/** An option of a measurement: a switch, or a text with its default. */
type BenchOption = OptionText & {
  type: "string" | "boolean";
  default?: string | boolean | string[];
  multiple?: boolean;
};

/** A measurement: its name, what it measures, and its options by their names without dashes. */
export interface Measurement<Options> {
  name: string;
  says: string;
  options: Options;
  /** Most words that are no options. Default: none. */
  words?: number;
}

/**
 * Reads the command line of a measurement. Prints the help and ends the process where
 * `--help` is asked for; ends it with code 2 and one line at what is not understood.
 */
export function benchOptions<
  const Options extends Readonly<Record<string, BenchOption>>,
>({ name, says, options, words = 0 }: Measurement<Options>) {
  if (Deno.args.some((word) => word === "--help" || word === "-h")) {
    const lines = optionLines(Object.fromEntries(
      Object.entries(options).map(([key, option]) => [`--${key}`, option]),
    ));
    console.log(`deno task bench ${name}\n\n${says}\n${lines.join("\n")}`);
    Deno.exit(0);
  }
  try {
    return readWords(Deno.args, options, words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return refuse(name, error.message);
  }
}

/** Says what is not understood and where the help is; ends the process with code 2. */
export function refuse(name: string, message: string): never {
  const help = taskCommand("bench", [name, "--help"]);
  console.error(`bench ${name}: ${message}\nWhat there is: ${help}`);
  Deno.exit(2);
}

/** Returns the names of a list parted by commas. Refuses a name that is not among the known ones. */
export function namesIn(
  name: string,
  option: string,
  text: string,
  all: readonly string[],
): string[] {
  const names = text.split(",");
  const unknown = names.find((one) => !all.includes(one));
  if (unknown === undefined) return names;
  return refuse(
    name,
    `--${option} ${unknown}: choose among ${all.join(", ")}`,
  );
}

/** Returns a whole number from 1 on. Refuses anything else. */
export function countIn(name: string, option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  return refuse(name, `--${option} ${text}: give a whole number from 1 on`);
}
