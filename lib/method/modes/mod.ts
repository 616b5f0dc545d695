/** The modes: what a task is, how it is asked, and how its answer is read and checked. */

import type { Dialect, DialectName } from "./dialect.ts";
import { chatDialect } from "./chat.ts";
import { codeDialect } from "./code.ts";
import { compactDialect } from "./compact.ts";

/** The dialects by name. */
export const DIALECTS: Record<DialectName, Dialect> = {
  compact: compactDialect,
  chat: chatDialect,
  code: codeDialect,
};
