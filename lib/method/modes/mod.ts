/** Modes: what a task is, how it is asked, and how its answer is read and checked. */

import type { Mode } from "./mode.ts";
import type { Dialect, DialectName } from "./dialect.ts";
import type { ModeName } from "./task.ts";
import { abduction } from "./abduction.ts";
import { chatDialect } from "./chat.ts";
import { compactDialect } from "./compact.ts";
import { deduction } from "./deduction.ts";
import { errorPrediction } from "./error_prediction.ts";
import { induction } from "./induction.ts";

export * from "./chat.ts";
export * from "./compact.ts";
export { chainPrograms } from "./chain.ts";
export { checkParts, composeProgram, partDefinition } from "./composite.ts";
export * from "./dialect.ts";
export * from "./mode.ts";
export * from "./task.ts";
export { NO_ERROR } from "./error_prediction.ts";

/** The modes by name. */
export const MODES: Record<ModeName, Mode> = {
  deduction,
  abduction,
  induction,
  error: errorPrediction,
};

/** The dialects by name. */
export const DIALECTS: Record<DialectName, Dialect> = {
  compact: compactDialect,
  chat: chatDialect,
};
