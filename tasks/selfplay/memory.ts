/** The memory that a run needs, beside what a machine or a card has, and what would fit. */
import { memoryOf, type MemoryPlan, peakOf } from "./memory_plan.ts";
import { findProgram, runQuietly } from "../setup/commands.ts";

/** What holds the weights: a card or this machine. */
export interface Holder {
  name: string;
  bytes: number;
}

/** Returns the first NVIDIA card and its memory; null where there is none. */
export async function findCard(): Promise<Holder | null> {
  const program = findProgram("nvidia-smi");
  if (program === undefined) return null;
  const { success, output } = await runQuietly(program, [
    "--query-gpu=name,memory.total",
    "--format=csv,noheader,nounits",
  ]);
  return success ? cardOf(output) : null;
}

/** Reads the first line of `nvidia-smi`: a name and MiB. */
export function cardOf(output: string): Holder | null {
  const [, name, mebibytes] = /^\s*(.+?),\s*(\d+)/.exec(output) ?? [];
  return name === undefined
    ? null
    : { name, bytes: Number(mebibytes) * 2 ** 20 };
}

/** Changes of a plan that take less memory, the mildest first, and how to ask for each. */
function changesOf(plan: MemoryPlan): { asked: string; change: MemoryPlan }[] {
  const smaller = Math.max(plan.rowTokens, 256);
  const small = { ...plan, batchTokens: smaller };
  const changes = [
    { asked: `--micro-batch ${smaller}`, change: small },
    { asked: "--lora 16", change: { ...plan, loraRank: 16 } },
    {
      asked: "--lora 16 --weights bfloat16",
      change: { ...plan, loraRank: 16, weightBytes: 2 as const },
    },
    {
      asked: `--lora 16 --weights bfloat16 --micro-batch ${smaller}`,
      change: { ...small, loraRank: 16, weightBytes: 2 as const },
    },
  ];
  return plan.loraRank === null ? [] : changes;
}

/** Returns the first change by which a plan fits; null where none does. */
export function fittingChange(
  plan: MemoryPlan,
  bytes: number,
): { asked: string; needs: number } | null {
  const changed = changesOf(plan)
    .map(({ asked, change }) => ({ asked, needs: peakOf(memoryOf(change)) }))
    .find(({ needs }) => needs <= bytes);
  return changed ?? null;
}

/** Returns lines on what a plan needs, of which parts, and whether the holder has it. */
export function memoryLines(
  plan: MemoryPlan,
  { name, bytes }: Holder,
): string[] {
  const memory = memoryOf(plan);
  const needs = peakOf(memory);
  const parts = [
    `weights ${giga(memory.weights)}`,
    `gradients ${giga(memory.gradients)}`,
    `moments ${giga(memory.moments)}`,
    `a batch of ${plan.batchTokens.toLocaleString("en")} tokens ${
      giga(memory.batch)
    }`,
    `or sampling ${giga(memory.sampling)}`,
  ];
  const lines = [`memory: ${parts.join(", ")}`];
  const has = `needs ${giga(needs)} GB; ${name} has ${giga(bytes)}`;
  if (needs <= bytes) return [...lines, `${has}: it fits`];
  const change = fittingChange(plan, bytes);
  const cure = change === null
    ? "take a smaller model"
    : `use ${change.asked} (${giga(change.needs)} GB)`;
  return [...lines, `${has}: ${cure}`];
}

function giga(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
