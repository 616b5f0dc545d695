/**
 * `deno task model get NAME`: fetches a language model and prints the folder in
 * which it lies. `NAME` is also what every `--model` takes.
 */

import { existsSync } from "node:fs";
import { known } from "../lib/method/nearest.ts";
import { BUILT_IN } from "./model/built_in.ts";
import { modelFolder } from "./model/folder.ts";
import { SetupProblem } from "./setup/problem.ts";
import { helpHint, runTask } from "./usage.ts";

const USAGE = [
  "deno task model get NAME\n",
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
  const [verb, name, ...rest] = args;
  if (args.length === 0) {
    console.log(USAGE);
    return 0;
  }
  if (verb !== "get" || name === undefined || rest.length > 0) {
    console.error(
      `model: not understood: ${args.join(" ")}\n${helpHint("model")}`,
    );
    return 2;
  }
  try {
    const folder = await modelFolder(name);
    if (!existsSync(folder)) {
      const names = known(name, Object.keys(BUILT_IN));
      throw new Error(`there is no model "${name}"; by name there is ${names}`);
    }
    console.log(folder);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const cure = error instanceof SetupProblem ? "" : `\n${helpHint("model")}`;
    console.error(`model: ${error.message}${cure}`);
    return 1;
  }
}

if (import.meta.main) await runTask(USAGE, main);
