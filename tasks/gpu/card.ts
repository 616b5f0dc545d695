/** What `nvidia-smi` says of the first card. */
import { findProgram, runQuietly } from "../setup/commands.ts";

/** A card's name, memory and driver. */
export interface Card {
  name: string;
  memory_bytes: number;
  driver: string;
}

/** Returns the first card; null where there is none. */
export async function firstCard(): Promise<Card | null> {
  const output = await ask("name,memory.total,driver_version");
  return output === null ? null : parseCard(output);
}

/** Reads a line of name, MiB and driver. */
export function parseCard(output: string): Card | null {
  const [, name, mebibytes, driver] =
    /^\s*(.+?),\s*(\d+),\s*([\d.]+)/.exec(output) ?? [];
  if (name === undefined) return null;
  return { name, memory_bytes: Number(mebibytes) * 2 ** 20, driver };
}

/** Returns the bytes in use on the first card; null where there is none. */
export async function usedBytes(): Promise<number | null> {
  const output = await ask("memory.used");
  const mebibytes = Number.parseInt(output ?? "", 10);
  return Number.isNaN(mebibytes) ? null : mebibytes * 2 ** 20;
}

async function ask(fields: string): Promise<string | null> {
  const program = findProgram("nvidia-smi");
  if (program === undefined) return null;
  const { success, output } = await runQuietly(program, [
    `--query-gpu=${fields}`,
    "--format=csv,noheader,nounits",
  ]);
  return success ? output : null;
}
