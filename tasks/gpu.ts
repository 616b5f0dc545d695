/**
 * `deno task gpu`: what an NVIDIA card does with the kit, in one command of at most eight minutes, unattended.
 *
 * Its parts: what computes, the same numbers as on the processor, the benchmark beside
 * PyTorch, twenty steps of laptop-lm, and two steps at 0.5 billion parameters. Each has
 * its seconds; one that fails is logged, and the next one goes on. The log is written
 * after every part: data/gpu/NAME.json, with NAME from the card. `--rehearse` takes a
 * card's way on the processor, with small shapes: it shows that the way is there, and
 * says nothing of a card. `--model` is a name, a folder, or a folder with the pieces of a
 * GGUF file, for a machine without a network.
 */
import { join } from "node:path";
import { firstCard } from "./gpu/card.ts";
import { type Order, partArguments } from "./gpu/part.ts";
import { joinedPieces } from "./gpu/pieces.ts";
import { type Part, type PartLog, runPart } from "./gpu/run_part.ts";
import { projectFolder } from "./setup/project.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task gpu [--rehearse] [--name NAME] [--model MODEL] [--out FOLDER]\n",
  "parity, speed and steps on an NVIDIA card in eight minutes, logged after each part",
  "  --rehearse         take the same way on the processor, with small shapes",
  "  --name NAME        name of the log (default: from the card)",
  "  --model MODEL      the language model: a name, a folder, or a folder with the",
  "                     pieces of a GGUF file (default: smollm2-135m-instruct)",
  "  --out FOLDER       where the log goes (default: data/gpu)",
].join("\n");

/** Seconds of all parts together. */
export const LIMIT = { card: 470, rehearsal: 120 };

/** TensorFlow otherwise takes all of a card at once. */
const GROWING = { TF_FORCE_GPU_ALLOW_GROWTH: "true" };

/** The parts and their seconds, which add up to less than the limit. */
export function partsOf(rehearsal: boolean): Part[] {
  const environment = rehearsal ? { AZR_GRAPHS: "off" } : GROWING;
  const seconds = rehearsal
    ? {
      machine: 15,
      parity: 35,
      bench: 15,
      "laptop-lm": 35,
      "half-billion": 15,
    }
    : {
      ...{ machine: 30, parity: 80, bench: 130 },
      ...{ "laptop-lm": 140, "half-billion": 80 },
    };
  return Object.entries(seconds).map(([name, budgetSeconds]) => ({
    ...{ name, budgetSeconds, environment },
  }));
}

/** Runs the command line; returns the exit code: 0 where every part is fine. */
export async function main(args: readonly string[]): Promise<number> {
  const asked = read(args);
  const { rehearsal, folder, model } = asked;
  const card = await firstCard();
  if (card === null && !rehearsal) {
    console.error(
      "gpu: nvidia-smi shows no card; --rehearse takes the same way on the processor",
    );
    return 1;
  }
  const name = asked.name ??
    (rehearsal || card === null ? "rehearsal" : slug(card.name));
  const file = join(folder, `${name}.json`);
  const scratch = await Deno.makeTempDir({ prefix: "gpu-" });
  try {
    const own = rehearsal && model === undefined;
    const order: Order = {
      rehearsal,
      model: own
        ? join(scratch, "model")
        : await joinedPieces(model ?? "smollm2-135m-instruct", scratch),
      scratch,
    };
    await Deno.mkdir(folder, { recursive: true });
    return await runAll(order, own, card, file);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function read(args: readonly string[]) {
  const { values } = readWords(args, {
    rehearse: { type: "boolean", default: false },
    name: { type: "string" },
    model: { type: "string" },
    out: { type: "string", default: join(projectFolder, "data", "gpu") },
  });
  const { rehearse: rehearsal, out: folder, name, model } = values;
  return { rehearsal, name, model, folder };
}

async function runAll(
  order: Order,
  makesModel: boolean,
  card: Awaited<ReturnType<typeof firstCard>>,
  file: string,
): Promise<number> {
  const began = performance.now();
  const spent = () => (performance.now() - began) / 1000;
  const run = (part: Part) =>
    runPart(part, Deno.execPath(), partArguments(part.name, order));
  const parts: PartLog[] = [];
  const write = () =>
    Deno.writeTextFileSync(
      file,
      JSON.stringify(logOf(order.rehearsal, card, spent(), parts), null, 2) +
        "\n",
    );
  const made = makesModel ? [{ name: "model", budgetSeconds: 15 }] : [];
  const limit = order.rehearsal ? LIMIT.rehearsal : LIMIT.card;
  for (const part of [...made, ...partsOf(order.rehearsal)]) {
    const left = Math.floor(limit - spent());
    // Without the card the other parts would only look like a card's.
    const lacks = parts[0]?.ok === false && !order.rehearsal;
    const budgetSeconds = lacks ? 0 : Math.min(part.budgetSeconds, left);
    const log = await run({ ...part, budgetSeconds });
    if (lacks) log.problem = "left out: TensorFlow does not reach the card";
    parts.push(log);
    write();
    console.log(
      `${log.ok ? "✓" : "✗"} ${log.part}: ${log.seconds} s${
        log.problem ? `, ${log.problem}` : ""
      }`,
    );
  }
  console.log(`${file}, ${spent().toFixed(0)} s`);
  return parts.every(({ ok }) => ok) ? 0 : 1;
}

/** The log's beginning, which cannot be mistaken for a card's where it is none. */
export function logOf(
  rehearsal: boolean,
  card: Awaited<ReturnType<typeof firstCard>>,
  seconds: number,
  parts: readonly PartLog[],
) {
  return {
    device: rehearsal ? "processor" : "NVIDIA card",
    says: rehearsal
      ? "a rehearsal on a processor with small shapes: no figure here is a card's"
      : "absolute figures of the card named here",
    rehearsal,
    card: rehearsal ? null : card,
    command: rehearsal ? "deno task gpu --rehearse" : "deno task gpu",
    seconds: Number(seconds.toFixed(1)),
    parts,
  };
}

/** Returns a card's name as the name of a file. */
export function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

if (import.meta.main) await runTask(USAGE, main);
