/** Below every figure a short paragraph says what is to be seen, before any more code. */

import assert from "node:assert/strict";
import {
  type Cell,
  findNotebooks,
  joined,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";

const PLOTLY = "application/vnd.plotly.v1+json";
/** Most words of the paragraph. */
const MOST = 85;

/** Whether a cell shows a figure; a drawing of a structure is explained by the text above it. */
const showsFigure = ({ outputs = [] }: Cell) =>
  outputs.some((output) =>
    output.output_type === "display_data" && PLOTLY in output.data
  );

/** Says what is wrong with the cell below a figure; "" where nothing is. */
function fault(below: Cell | undefined): string {
  if (below?.cell_type !== "markdown") return "no sentence below the figure";
  const [paragraph] = joined(below.source).trim().split(/\n\s*\n/);
  if (/^(#|[-*] |\d+\. |\*\*(Try|Goes wrong))/.test(paragraph)) {
    return `no sentence, but "${paragraph.slice(0, 30)}"`;
  }
  const words = paragraph.split(/\s+/).length;
  return words > MOST ? `a paragraph of ${words} words` : "";
}

Deno.test("below each figure a short paragraph says what is to be seen", async () => {
  const faults: string[] = [];
  let figures = 0;
  for (const path of await findNotebooks([])) {
    const { cells } = await readNotebook(path);
    for (const [i, cell] of cells.entries()) {
      if (!showsFigure(cell)) continue;
      figures++;
      const found = fault(cells[i + 1]);
      if (found) faults.push(`${path}, cell "${cell.id}": ${found}`);
    }
  }
  assert.ok(figures > 80, `${figures} cells with figures`);
  assert.deepEqual(faults, []);
});
