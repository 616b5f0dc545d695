/** Who answers: the reference here, a model in tasks/evaluate/model_answerer.ts. */

import type { ChatTemplate, Prompt } from "./benchmark.ts";

/** One item as it is put. */
interface AskedItem {
  prompt: string;
  /** The response of the reference, if there is one. A model is not shown it. */
  reference: string | null;
  seed: number;
}

/** A response, its length, and that of its prompt. */
interface Answer {
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
