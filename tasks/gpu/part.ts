/** One part of `deno task gpu`, in a process of its own: `part.ts NAME ORDER`. */
import * as tf from "@tensorflow/tfjs";
import { cpus } from "node:os";
import { join } from "node:path";
import { computesOnCard, runsGraphs } from "../../lib/model/backend.ts";
import { startBackend } from "../../lib/model/mod.ts";
import { fusedMomentsWork } from "../../lib/model/native/moments_fused.ts";
import { modelFolder } from "../model/folder.ts";
import { bench } from "./bench.ts";
import { usedBytes } from "./card.ts";
import { halfBillion } from "./half_billion.ts";
import { laptop } from "./laptop.ts";
import { compare, numbersHere, TOLERANCE } from "./parity.ts";
import { runPart, tell } from "./run_part.ts";
import { writeSmallModel } from "./small_model.ts";

/** What a part is told. */
export interface Order {
  rehearsal: boolean;
  /** A language model's name or folder; a rehearsal makes its own. */
  model: string;
  /** A folder for what the parts leave behind, removed at the end. */
  scratch: string;
}

const PARTS: Record<string, (order: Order) => Promise<void>> = {
  async machine({ rehearsal }) {
    const { name, reason } = await startBackend();
    const { binding } = tf.backend() as { binding?: { TF_Version?: string } };
    tell({
      ...{ backend: name, reason, onCard: computesOnCard() },
      ...{ graphs: runsGraphs(), fusedMoments: fusedMomentsWork() },
      tensorflow: binding?.TF_Version ?? null,
      deno: Deno.version.deno,
      processor: `${navigator.hardwareConcurrency} x ${cpus()[0]?.model}`,
    });
    if (!rehearsal && !computesOnCard()) {
      throw new Error(`TensorFlow does not reach the card: ${name}, ${reason}`);
    }
  },
  async numbers() {
    tell(await numbersHere());
  },
  parity,
  async bench({ model, rehearsal }) {
    await bench(await modelFolder(model), rehearsal);
  },
  async "laptop-lm"({ model, rehearsal, scratch }) {
    await laptop(model, rehearsal, join(scratch, "laptop-lm"));
  },
  async "half-billion"({ rehearsal }) {
    tell(await halfBillion(rehearsal, usedBytes));
  },
  async model({ model }) {
    await writeSmallModel(model);
  },
};

/** Returns the arguments that run a part. */
export function partArguments(name: string, order: Order): string[] {
  const script = new URL("part.ts", import.meta.url).pathname;
  return ["run", "-A", "--no-check", script, name, JSON.stringify(order)];
}

/** Compares both devices: each in a process of its own, since a process has one. */
async function parity(order: Order): Promise<void> {
  const numbers = async (environment: Record<string, string>) => {
    const part = { name: "numbers", budgetSeconds: 100, environment };
    const args = partArguments("numbers", order);
    const { ok, problem, result } = await runPart(part, Deno.execPath(), args);
    if (!ok) throw new Error(problem!);
    return result as Awaited<ReturnType<typeof numbersHere>>;
  };
  const [processor, card] = [
    // The card's library without a card computes on the processor.
    await numbers({ CUDA_VISIBLE_DEVICES: "-1", AZR_GRAPHS: "" }),
    // Full products: TF32 has ten bits.
    await numbers(
      order.rehearsal ? { AZR_GRAPHS: "off" } : { NVIDIA_TF32_OVERRIDE: "0" },
    ),
  ];
  const models = Object.keys(card.numbers).map((family) => ({
    family,
    ...compare(card.numbers[family], processor.numbers[family]),
  }));
  const sides = [processor, card].map(({ numbers: _, ...side }) => side);
  tell({ sides, tolerance: TOLERANCE, models });
  if (models.some(({ equal }) => !equal)) {
    throw new Error("numbers differ by more than the tolerance");
  }
}

if (import.meta.main) {
  const [name, order] = Deno.args;
  await PARTS[name](JSON.parse(order));
  // A model that is still being freed needs nobody.
  Deno.exit(0);
}
