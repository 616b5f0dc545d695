/** A model that answers benchmarks: an engine runs it. */

import type { OpenModel } from "../../lib/engines/choice.ts";
import type { Answerer } from "../../lib/lab/benchmarks/answerer.ts";
import type { ChatTemplate } from "../../lib/lab/benchmarks/benchmark.ts";
import { chatDialect } from "../../lib/method/modes/chat.ts";
import { sampleResponses } from "../../lib/method/respond.ts";
import { chatPrompt } from "../../lib/model/mod.ts";

/** A model. It is asked in the template that it was published with, if there is one. */
export function modelAnswerer({ engine, tokenizer }: OpenModel): Answerer {
  const template = tokenizer.config.chat_template === undefined
    ? null
    : (turns: Parameters<ChatTemplate>[0]) => chatPrompt(tokenizer, turns);
  return {
    template,
    async answer(
      asked,
      { stops, keepsSpecialTokens = false },
      { samples, maxNewTokens, ...options },
    ) {
      const room = ({ length }: readonly number[]) =>
        Math.min(maxNewTokens, engine.description.contextLength - length);
      const requests = asked.map(({ prompt, seed }) => {
        const promptTokens = tokenizer.encodePrompt(prompt);
        return {
          promptTokens,
          count: samples,
          seed,
          maxNewTokens: room(promptTokens),
        };
      });
      const fits = requests.filter(({ maxNewTokens }) => maxNewTokens > 0);
      const stopStrings = { ...chatDialect.stopStrings, solve: stops };
      const dialect = { ...chatDialect, stopStrings, keepsSpecialTokens };
      const speaker = { engine, tokenizer, dialect };
      const asSolver = { ...options, role: "solve" } as const;
      const drawn = await sampleResponses(speaker, fits, asSolver);
      // A prompt that fills the context leaves no room for an answer.
      return requests.map((request) => {
        const at = fits.indexOf(request);
        const promptTokens = request.promptTokens.length;
        return Array.from({ length: samples }, (_, i) => ({
          text: drawn[at]?.[i].text ?? "",
          tokens: drawn[at]?.[i].sample.tokens.length ?? 0,
          promptTokens,
        }));
      });
    },
  };
}
