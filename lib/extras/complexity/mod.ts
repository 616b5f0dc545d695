/** Measures of programs, for figures and intrinsic rewards. */

export { syntaxEditDistance } from "./edit_distance.ts";
export type { Halstead } from "./halstead.ts";
export { type Complexity, measureComplexity } from "./measure.ts";
export {
  officialComplexityScore,
  officialEditDistance,
  officialHalsteadScore,
} from "./official.ts";
