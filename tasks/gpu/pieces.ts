/** A model that travelled in pieces: `split -n 2 -d NAME.gguf NAME.gguf.` makes them. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * Returns the file that the pieces in a folder (NAME.gguf.00, NAME.gguf.01, …) make
 * together, written into `scratch`; the path itself where it has none. Throws where a
 * piece is missing between two others.
 */
export async function joinedPieces(
  path: string,
  scratch: string,
): Promise<string> {
  if (!existsSync(path) || !Deno.statSync(path).isDirectory) return path;
  const pieces = [...Deno.readDirSync(path)].map(({ name }) => name)
    .filter((name) => /\.gguf\.\d\d$/.test(name)).sort();
  if (pieces.length === 0) return path;
  const missing = pieces.findIndex((name, i) => Number(name.slice(-2)) !== i);
  if (missing >= 0) {
    throw new Error(
      `${path}: piece ${missing} of ${pieces[0].slice(0, -3)} is missing; ` +
        "bring all of them",
    );
  }
  const whole = join(scratch, basename(pieces[0]).slice(0, -3));
  for (const [i, piece] of pieces.entries()) {
    const bytes = await Deno.readFile(join(path, piece));
    await Deno.writeFile(whole, bytes, { append: i > 0 });
  }
  return whole;
}
