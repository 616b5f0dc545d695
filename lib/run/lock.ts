/**
 * One process a run: a lock on the file `run.lock` in its folder.
 *
 * The system lets go of the lock when its process ends, however it ends; the file
 * stays and says who played last. Left out: file systems that know no locks, where
 * a run is played without one.
 */

import { join } from "node:path";

export const LOCK_FILE = "run.lock";

/** Takes the lock of a folder until it is disposed of. Throws where another has it. */
export function lockRun(
  folder: string,
  say: (text: string) => void,
): Disposable {
  const path = join(folder, LOCK_FILE);
  const file = Deno.openSync(path, { read: true, write: true, create: true });
  let mine = true;
  try {
    mine = file.tryLockSync(true);
  } catch (error) {
    say(
      `${path} cannot be locked (${
        (error as Error).message
      }): make sure that no ` +
        "other process plays this run",
    );
  }
  if (!mine) {
    file.close();
    throw new Error(
      `${folder} is being played by ${
        holderOf(path)
      }: wait until that process ends, stop it, or ` +
        "choose another folder",
    );
  }
  file.truncateSync();
  const holder = `process ${Deno.pid} of ${Deno.hostname()}`;
  file.writeSync(new TextEncoder().encode(`${holder}\n`));
  return { [Symbol.dispose]: () => file.close() };
}

function holderOf(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim() || "another process";
  } catch {
    // Windows keeps others from reading what is locked.
    return "another process";
  }
}
