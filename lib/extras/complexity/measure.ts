/** Takes all measures of one program together. */

import type { Program } from "../../sandbox/mod.ts";
import { cognitiveComplexity } from "./cognitive.ts";
import {
  cyclomaticComplexity,
  largestCyclomaticComplexity,
} from "./cyclomatic.ts";
import { type Halstead, halstead } from "./halstead.ts";
import { codeLines } from "./lines.ts";
import { parseSyntax } from "./syntax.ts";

interface Complexity {
  /** Lines with code on them. */
  lines: number;
  /** McCabe's number of the whole program. */
  cyclomatic: number;
  /** McCabe's number of its most complex function. */
  largestCyclomatic: number;
  /** SonarSource's cognitive complexity of the whole program. */
  cognitive: number;
  halstead: Halstead;
}

/** Measures a program's text; nothing runs. */
export function measureComplexity(program: Program): Complexity {
  const root = parseSyntax(program);
  return {
    lines: codeLines(root),
    cyclomatic: cyclomaticComplexity(root),
    largestCyclomatic: largestCyclomaticComplexity(root),
    cognitive: cognitiveComplexity(root),
    halstead: halstead(root),
  };
}
