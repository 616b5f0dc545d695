/** Tells whether this code runs in a notebook, where something can be displayed. */
export function inKernel(): boolean {
  try {
    // Outside of a kernel every access throws.
    return typeof Deno.jupyter.broadcast === "function";
  } catch {
    return false;
  }
}
