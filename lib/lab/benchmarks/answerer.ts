/** Who answers: the reference, or a model that an engine runs. */

import type { OpenModel } from "../../engines/choice.ts";
import { chatDialect } from "../../method/modes/chat.ts";
import { sampleResponses } from "../../method/respond.ts";
import { chatPrompt } from "../../model/mod.ts";
import type { ChatTemplate, Prompt } from "./benchmark.ts";

/** One item as it is put. */
export interface AskedItem {
  prompt: string;
  /** The response of the reference, if there is one. A model is not shown it. */
  reference: string | null;
  seed: number;
}

/** A response, its length, and that of its prompt. */
export interface Answer {
  text: string;
  tokens: number;
  promptTokens: number;
}

/** How responses are drawn. */
export interface AnswerOptions {
  samples: number;
  temperature: number;
  topP: number;
  maxNewTokens: number;
}

/** Who answers. */
export interface Answerer {
  /** The template in which it is asked; null for plain text. */
  template: ChatTemplate | null;
  /** `samples` answers to each item, in order, each cut before the first of `form.stops`. */
  answer(
    asked: readonly AskedItem[],
    form: Omit<Prompt, "text">,
    options: AnswerOptions,
  ): Promise<Answer[][]>;
}

/** The reference as a model: it scores 100 %, or a grader or a reference is at fault. */
export const goldAnswerer: Answerer = {
  template: null,
  answer: (asked, _form, { samples }) =>
    Promise.resolve(asked.map(({ reference: text }) => {
      if (text === null) {
        throw new Error("the file has no reference answers: name a model");
      }
      const answer = { text, tokens: 0, promptTokens: 0 };
      return Array.from({ length: samples }, () => answer);
    })),
};

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
