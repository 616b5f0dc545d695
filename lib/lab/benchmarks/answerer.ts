/** Who answers: the reference, or a model that an engine runs. */

import type { OpenModel } from "../../engines/choice.ts";
import { chatDialect } from "../../method/modes/chat.ts";
import { sampleResponses } from "../../method/respond.ts";
import { chatPrompt } from "../../model/mod.ts";
import type { ChatTemplate } from "./benchmark.ts";

/** One item as it is put. */
export interface AskedItem {
  prompt: string;
  /** The response of the reference. A model is not shown it. */
  reference: string;
  seed: number;
}

/** A response and its length. */
export interface Answer {
  text: string;
  tokens: number;
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
  /** `samples` answers to each item, in order, each cut before the first of `stops`. */
  answer(
    asked: readonly AskedItem[],
    stops: readonly string[],
    options: AnswerOptions,
  ): Promise<Answer[][]>;
}

/** The reference as a model: it scores 100 %, or a grader or a reference is at fault. */
export const goldAnswerer: Answerer = {
  template: null,
  answer: (asked, _stops, { samples }) =>
    Promise.resolve(
      asked.map(({ reference }) =>
        Array.from({ length: samples }, () => ({ text: reference, tokens: 0 }))
      ),
    ),
};

/** A model. It is asked in the template that it was published with, if there is one. */
export function modelAnswerer({ engine, tokenizer }: OpenModel): Answerer {
  const template = tokenizer.config.chat_template === undefined
    ? null
    : (turns: Parameters<ChatTemplate>[0]) => chatPrompt(tokenizer, turns);
  return {
    template,
    async answer(asked, stops, { samples, maxNewTokens, ...options }) {
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
      const dialect = { ...chatDialect, stopStrings };
      const speaker = { engine, tokenizer, dialect };
      const asSolver = { ...options, role: "solve" } as const;
      const drawn = await sampleResponses(speaker, fits, asSolver);
      // A prompt that fills the context leaves no room for an answer.
      const silent = Array.from(
        { length: samples },
        () => ({ text: "", tokens: 0 }),
      );
      return requests.map((request) => {
        const at = fits.indexOf(request);
        return at < 0 ? silent : drawn[at].map(({ text, sample }) => ({
          text,
          tokens: sample.tokens.length,
        }));
      });
    },
  };
}
