/**
 * Runs `work` in a fresh folder and removes it afterwards, whatever happens.
 */
export async function inTemporaryFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "setup-test-" }),
  );
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
