/** What the tasks' command lines have in common: usage texts, help, and words not understood. */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { didYouMean } from "../lib/method/nearest.ts";
import { taskCommand } from "./selfplay/hints.ts";

/** An option: the name of the value that follows, none for a switch, and what it does. */
export interface OptionText {
  value?: string;
  says: string;
}

/** Room for an option and its value. */
const WIDTH = 19;

/** One line an option, or two where its name is long. */
export function optionLines(
  options: Readonly<Record<string, OptionText>>,
): string[] {
  return Object.entries(options).map(([name, { value, says }]) => {
    const option = value === undefined ? name : `${name} ${value}`;
    const indent = " ".repeat(WIDTH + 3);
    const first = option.length > WIDTH
      ? `${option}\n${indent}`
      : option.padEnd(WIDTH + 1);
    return `  ${first}${says.replaceAll("\n", `\n${indent}`)}`;
  });
}

/** Words of a command line that are not understood; the message names the word and the cure. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Reads the options of a command line, and the words that are none. Throws `UsageError`
 * at an option that does not exist or lacks its value, and at more than `most` words.
 */
export function readWords<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  most = 0,
) {
  const config = { args: [...args], options, allowPositionals: true as const };
  const { tokens } = parseArgs({ ...config, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option" || Object.hasOwn(options, token.name)) continue;
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new UsageError(
      `unknown option ${token.rawName}.${didYouMean(token.rawName, known)}`,
    );
  }
  try {
    const { values, positionals } = parseArgs(config);
    if (positionals.length <= most) return { values, words: positionals };
    throw new UsageError(
      `not understood: ${positionals.slice(most).join(" ")}`,
    );
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.split(/[.\n]/)[0]);
  }
}

/** Reads `1,2,3`. Throws `UsageError`, naming the option, at what is no whole number. */
export function wholeNumbers(option: string, text: string): number[] {
  const numbers = text.split(",").map((part) => part === "" ? NaN : +part);
  if (numbers.every((number) => Number.isInteger(number))) return numbers;
  throw new UsageError(
    `${option} takes whole numbers, for example 1,2,3, not "${text}"`,
  );
}

/**
 * Runs a task with the words that follow its name, and ends the process with its exit
 * code. `--help` prints the usage text, whose first line begins with `deno task NAME`;
 * after a `UsageError` the code is 2.
 */
export async function runTask(
  usage: string,
  main: (args: readonly string[]) => number | Promise<number>,
  args: readonly string[] = Deno.args,
): Promise<never> {
  if (args.some((word) => word === "--help" || word === "-h")) {
    console.log(usage);
    Deno.exit(0);
  }
  try {
    Deno.exit(await main(args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [, task] = /^deno task (\S+)/.exec(usage)!;
    console.error(`${task}: ${error.message}\n${helpHint(task)}`);
    Deno.exit(2);
  }
}

/** One line, since a whole usage text would push the error off the screen. */
export function helpHint(task: string): string {
  return `What there is: ${taskCommand(task, ["--help"])}`;
}
