/** Composite programs (paper, appendix D.2), registered as the extra "composite". */

import { type Composition, registerExtra } from "../../method/extras.ts";
import type { Task } from "../../method/modes/task.ts";
import {
  checkParts,
  composeProgram,
  partDefinitions,
  partName,
} from "./composite.ts";
import { compositeParts } from "./parts.ts";

const programsOf = (parts: readonly Task[]) =>
  parts.map(({ program }) => program);

/** The extra as the loop uses it. */
const composition: Composition = {
  draw: compositeParts,
  blocks: (parts) => ({
    names: parts.map((_, i) => partName(i)),
    source: partDefinitions(programsOf(parts)),
  }),
  join(parts, source, language) {
    const cause = checkParts(parts.length, source, language);
    if (cause !== null) return { ok: false, cause };
    return { ok: true, source: composeProgram(programsOf(parts), source) };
  },
};

registerExtra("composite", composition);
