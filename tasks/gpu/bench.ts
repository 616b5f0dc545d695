/**
 * Tokens a second of a language model, beside PyTorch with transformers on the same
 * device. Every row is timed after a warm-up. Both sides may use TF32 products on a card.
 */
import { LocalEngine } from "../../lib/engines/local.ts";
import { findProgram, runQuietly } from "../setup/commands.ts";
import { projectFolder } from "../setup/project.ts";
import { join } from "node:path";
import { tell } from "./run_part.ts";
import { samplingWork, trainingWork } from "./work.ts";

interface Row {
  trains: boolean;
  prompts: number;
  samples: number;
  promptTokens: number;
  responseTokens: number;
}

const row = (
  trains: boolean,
  prompts: number,
  samples: number,
  promptTokens: number,
  responseTokens: number,
): Row => ({ trains, prompts, samples, promptTokens, responseTokens });

const ROWS: Record<string, Record<string, Row>> = {
  card: {
    "prefill": row(false, 4, 1, 512, 1),
    "decode-64": row(false, 64, 1, 16, 48),
    "decode-8x8": row(false, 8, 8, 256, 48),
    "train-8x256": row(true, 8, 1, 192, 64),
  },
  rehearsal: {
    "decode-4": row(false, 4, 1, 8, 8),
    "train-2x16": row(true, 2, 1, 12, 4),
  },
};

/** Seconds for PyTorch's side of a row. */
const TORCH_SECONDS = 25;

/** Measures the rows of a model folder, and tells each as soon as it is there. */
export async function bench(folder: string, rehearsal: boolean): Promise<void> {
  const engine = await LocalEngine.fromFolder(folder);
  const torch = await findTorch();
  const rows = [];
  for (
    const [name, one] of Object.entries(ROWS[rehearsal ? "rehearsal" : "card"])
  ) {
    const seconds = await secondsOf(
      one.trains
        ? trainingWork(engine, { ...one, sequences: one.prompts * one.samples })
        : samplingWork(engine, one),
    );
    const own = counted(one) / seconds;
    const said = { row: name, ...one, own_tokens_per_s: own };
    rows.push({
      ...said,
      torch: await torchSide(torch, folder, one, rehearsal),
    });
    tell({
      model: rehearsal ? "random, two layers" : "SmolLM2-135M",
      torch,
      rows,
    });
  }
  engine.dispose();
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  await work();
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Tokens by which a row's speed is counted. */
function counted(one: Row): number {
  const { prompts, samples, promptTokens, responseTokens } = one;
  if (one.trains) return prompts * samples * (promptTokens + responseTokens);
  return prompts *
    (responseTokens === 1 ? promptTokens : samples * responseTokens);
}

/** The Python that has torch and transformers, and their versions; else why there is none. */
async function findTorch(): Promise<
  { python: string; versions: string } | string
> {
  const python = Deno.env.get("AZR_TORCH_PYTHON") ?? findProgram("python3");
  if (python === undefined) return "no python3 in PATH: PyTorch is left out";
  const { success, output } = await runQuietly(python, [
    "-c",
    "import torch, transformers; print('torch', torch.__version__, 'transformers', " +
    "transformers.__version__, 'cuda', torch.cuda.is_available())",
  ]);
  return success
    ? { python, versions: output.trim() }
    : `${python} has no torch and transformers: PyTorch is left out`;
}

async function torchSide(
  torch: Awaited<ReturnType<typeof findTorch>>,
  folder: string,
  one: Row,
  rehearsal: boolean,
): Promise<unknown> {
  if (typeof torch === "string") return null;
  const child = new Deno.Command(torch.python, {
    args: [
      join(projectFolder, "tasks", "bench_language_model_torch.py"),
      ...[folder, "0", JSON.stringify(one), rehearsal ? "cpu" : "cuda"],
    ],
    stderr: "piped",
    signal: AbortSignal.timeout(1000 * TORCH_SECONDS),
  });
  const { success, stdout, stderr } = await child.output();
  const [last, said] = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes).trim().split("\n").at(-1)!);
  if (!success) return { problem: said || `ended after ${TORCH_SECONDS} s` };
  const { seconds } = JSON.parse(last);
  return { tokens_per_s: counted(one) / seconds };
}
