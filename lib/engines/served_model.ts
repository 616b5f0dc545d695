/** `served_model.json`: the name of a server's model, saved in place of its weights. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SERVICE } from "./openai_answer.ts";
import { RemoteError } from "./remote_error.ts";

const STATE_FILE = "served_model.json";

/** Writes the model's name into a folder. */
export async function writeServedModel(
  folder: string,
  model: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const state = { format: "served-model-1", model };
  await writeFile(join(folder, STATE_FILE), JSON.stringify(state) + "\n");
}

/** Throws `RemoteError` where a folder was written for a different model. */
export async function requireServedModel(
  folder: string,
  model: string,
): Promise<void> {
  const file = join(folder, STATE_FILE);
  let saved: unknown;
  try {
    saved = JSON.parse(await readFile(file, "utf8")).model;
  } catch (error) {
    throw new RemoteError(
      SERVICE,
      "load",
      `${file} cannot be read (${
        (error as Error).message
      }); give the folder that save() wrote`,
    );
  }
  if (saved === model) return;
  throw new RemoteError(
    SERVICE,
    "load",
    `${file} was saved with model ${saved}, but this engine has ${model}; ` +
      "connect with the same model",
  );
}
