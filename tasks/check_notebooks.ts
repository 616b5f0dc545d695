/**
 * Checks the code cells of notebooks: types, lint, format, line length.
 *
 *   deno run -A tasks/check_notebooks.ts [names]
 *
 * Without names all of `notebooks/` is checked.
 */

import { checkNotebooks, problemText } from "./notebook/checker.ts";
import { findNotebooks } from "./notebook/notebook_file.ts";

if (import.meta.main) {
  const paths = await findNotebooks(Deno.args);
  const problems = await checkNotebooks(paths);
  for (const problem of problems) console.error(problemText(problem));
  const found = problems.length === 0 ? "ok" : `${problems.length} problem(s)`;
  console.log(`${paths.length} notebook(s) checked: ${found}`);
  Deno.exit(problems.length > 0 ? 1 : 0);
}
