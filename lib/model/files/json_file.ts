/**
 * Reading the JSON files of a model folder, with errors that name the file.
 */

/**
 * Returns the object in a file. A file that is not there is `absent`, or an error when
 * none is given.
 */
export async function readJsonObject(
  path: string,
  absent?: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (absent !== undefined) return { ...absent };
    throw new Error(
      `${path}: there is no such file; name a folder in Hugging Face's layout ` +
        `that holds it`,
    );
  }
  return parseJsonObject(text, path);
}

/** Parses a text as a JSON object. Throws with `source` where the text holds none. */
export function parseJsonObject(
  text: string,
  source: string,
): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${source}: ${
        (error as Error).message
      }; write it as JSON, or fetch it again`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${source}: holds no JSON object; fetch it again`);
  }
  return value as Record<string, unknown>;
}
