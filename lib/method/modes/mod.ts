/** The modes: what a task is, how it is asked, and how its answer is read and checked. */

import type { Dialect, DialectName } from "./dialect.ts";
import { chatDialect } from "./chat.ts";
import { compactDialect } from "./compact.ts";

export * from "./chat.ts";
export { type ChatFormatCause, parseChatResponse } from "./chat_reading.ts";
export * from "./compact.ts";
export * from "./compact_words.ts";
export {
  type ChatWords,
  registerChatWords,
  type TaskPage,
} from "./chat_words.ts";
export * from "./dialect.ts";
export { withEntryNamed } from "./entry.ts";
export { fencedBlocks, fences } from "./fences.ts";
export * from "./mode.ts";
export { modeNames, modeOf, MODES, registerMode } from "./registry.ts";
export * from "./task.ts";

/** The dialects by name. */
export const DIALECTS: Record<DialectName, Dialect> = {
  compact: compactDialect,
  chat: chatDialect,
};
