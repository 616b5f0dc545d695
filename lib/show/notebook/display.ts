/**
 * Displaying content in the output of the running cell, and redrawing it.
 *
 * Outside of a kernel the plain text is printed instead, so that the code of a
 * notebook can also be run, and tested, as a program.
 */

import { inKernel } from "./kernel.ts";
import { publishLines } from "./ordered_console.ts";

/** Content by mime type. Each front end draws the richest type that it supports. */
export interface Bundle {
  "text/plain": string;
  [mime: string]: unknown;
}

/** Displayed content that can be redrawn. */
export interface Display {
  redraw(bundle: Bundle): Promise<void>;
}

let displayed = 0;

/** Displays content. The returned object redraws it in place. */
export async function display(bundle: Bundle): Promise<Display> {
  displayed++;
  const id = `kit-${Deno.pid}-${displayed}`;
  await publish(bundle, id, false);
  return { redraw: (changed) => publish(changed, id, true) };
}

async function publish(
  bundle: Bundle,
  id: string,
  update: boolean,
): Promise<void> {
  if (!inKernel()) {
    if (!update) console.log(bundle["text/plain"]);
    return;
  }
  publishLines();
  await Deno.jupyter.display(bundle, { raw: true, display_id: id, update });
  // The kernel drops publications beyond about 360 in one turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve));
}
