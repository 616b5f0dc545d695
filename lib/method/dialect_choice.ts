/** The dialect that a config names, for the model that is to speak it. */

import type { SelfPlayConfig } from "./config.ts";
import { extraFor } from "./extras.ts";
import type { Dialect } from "./modes/dialect.ts";
import { dialectNamed } from "./modes/mod.ts";
import type { TextCodec } from "./setting.ts";

/**
 * Returns the dialect of a config. Text behind a chat's answer is not read, but the
 * end token there is learnt. Throws `RangeError` where `chatForm` asks for a chat
 * template that the model lacks or that does not fit.
 */
export function dialectFor(
  config: SelfPlayConfig,
  tokenizer: TextCodec,
): Dialect {
  const { dialect, answerEnd } = config;
  const named = extraFor(config, "template")
    ?.dialect((question) => tokenizer.asChat(question)) ??
    dialectNamed(dialect);
  return dialect === "chat" && answerEnd === "end-token"
    ? { ...named, stopStrings: { propose: [], solve: [] } }
    : named;
}
