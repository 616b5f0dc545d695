/**
 * `deno task model get NAME`: fetches a language model and prints the folder in
 * which it lies. `NAME` is also what every `--model` takes.
 *
 * `deno task model merge FOLDER --to FOLDER`: merges adapters into their base
 * (model/merge.ts). `FOLDER` can be a run, whose newest checkpoint is taken.
 */

import { existsSync } from "node:fs";
import { known } from "../lib/method/nearest.ts";
import { BUILT_IN } from "./model/built_in.ts";
import { modelFolder } from "./model/folder.ts";
import { mergeModel } from "./model/merge.ts";
import { SetupProblem } from "./setup/problem.ts";
import { helpHint, readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task model get NAME",
  "deno task model merge FOLDER --to FOLDER [--weights float32|float16|bfloat16]\n",
  "merge adds adapters to their base model; FOLDER is a run, a checkpoint or a folder",
  "of PEFT adapters, and the new folder opens in transformers, vLLM and llama.cpp.",
  "NAME, here and after every --model, is one of",
  ...Object.entries(BUILT_IN).map(([name, { says }]) => `  ${name}: ${says}`),
  "  OWNER/NAME[@REVISION]: a model of the Hugging Face Hub (Qwen2, Qwen3, Llama,",
  "    Mistral as safetensors), kept at the commit that was fetched first",
  "  OWNER/NAME/FILE.gguf[@REVISION]: one GGUF file of the Hub",
  "  FILE.gguf, or a folder that holds a model",
  "The cache is the one of Python's huggingface_hub (HF_HUB_CACHE). A token in",
  "HF_TOKEN gives access to private and gated models.",
].join("\n");

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    console.log(USAGE);
    return 0;
  }
  const run = commandOf(args);
  if (run === null) {
    console.error(
      `model: not understood: ${args.join(" ")}\n${helpHint("model")}`,
    );
    return 2;
  }
  try {
    console.log(await run());
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const cure = error instanceof SetupProblem ? "" : `\n${helpHint("model")}`;
    console.error(`model: ${error.message}${cure}`);
    return 1;
  }
}

/** Returns what a command line asks for, which returns a folder; null where it is not understood. */
function commandOf(args: readonly string[]): (() => Promise<string>) | null {
  const [verb, name, ...rest] = args;
  if (name === undefined) return null;
  if (verb === "get" && rest.length === 0) return () => existing(name);
  if (verb !== "merge") return null;
  const { to, weights = "float32" } = readWords(rest, {
    to: { type: "string" },
    weights: { type: "string" },
  }).values;
  if (to === undefined) return null;
  return async () => {
    await mergeModel(await existing(name), to, weights);
    return to;
  };
}

async function existing(name: string): Promise<string> {
  const folder = await modelFolder(name);
  if (!existsSync(folder)) {
    const names = known(name, Object.keys(BUILT_IN));
    throw new Error(`there is no model "${name}"; by name there is ${names}`);
  }
  return folder;
}

if (import.meta.main) await runTask(USAGE, main);
