/**
 * Chat prompts by the template that a checkpoint was published with.
 *
 * The template is a Jinja program from `tokenizer_config.json` or
 * `chat_template.jinja`; it is interpreted by @huggingface/jinja, which has no
 * access to the process. Left out: tools and images.
 */
import { Template } from "@huggingface/jinja";
import type { TokenizerConfig } from "./files/tokenizer_files.ts";

/** One turn of a conversation. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/**
 * Returns the text of a conversation, by default followed by the opening of the
 * assistant's turn. Throws when the tokenizer has no template.
 */
export function chatPrompt(
  tokenizer: { readonly config: TokenizerConfig },
  messages: readonly ChatMessage[],
  options: { openTurn?: boolean; variables?: Record<string, unknown> } = {},
): string {
  const source = tokenizer.config.chat_template;
  if (source === undefined) {
    throw new Error(
      "the tokenizer has no chat_template; use an instruction-tuned checkpoint " +
        "or write the prompt as plain text",
    );
  }
  return new Template(source).render({
    messages: messages.map((message) => ({ ...message })),
    add_generation_prompt: options.openTurn ?? true,
    bos_token: tokenizer.config.bos_token ?? "",
    eos_token: tokenizer.config.eos_token ?? "",
    ...options.variables,
  });
}
