/**
 * The chat dialect: prompts and responses for language models.
 *
 * The shape is the paper's (figures 33 to 39): a transcript that ends with an
 * opened `<think>`, an answer in `<answer>` tags, programs and values in named
 * fences. The words are this kit's own. The official prompts ask the abduction
 * proposer for a hard OUTPUT and the deduction proposer for a hard INPUT; here
 * each mode asks for difficulty in what its solver has to find.
 *
 * How responses are read is in `chat_reading.ts`.
 */

import { findAnswer, readAnswer, readProposal } from "./chat_reading.ts";
import {
  INDUCTION_INPUTS,
  proposeInputs,
  proposeTriplet,
  solverQuestion,
} from "./chat_words.ts";
import { type Dialect, PAPER_READING } from "./dialect.ts";
import { modeOf } from "./registry.ts";

/** Returns the transcript around every question; ends with an opened `<think>`. */
function transcript(question: string): string {
  return "The following is a conversation between a User and an Assistant. " +
    "The User asks a question, and the Assistant solves it. The Assistant " +
    "first reasons about it privately, then gives the final answer. The " +
    "reasoning stands inside <think> </think> tags and the answer inside " +
    "<answer> </answer> tags, like this: <think> reasoning </think> " +
    `<answer> answer </answer>.\nUser: ${question}\nAssistant: <think>`;
}

/** The dialect as the loop uses it. */
export const chatDialect: Dialect = {
  name: "chat",
  induction: {
    asked: INDUCTION_INPUTS,
    minimum: INDUCTION_INPUTS,
    shown: INDUCTION_INPUTS / 2,
  },
  keepsSpecialTokens: false,
  thinkToken: null,
  // What comes after it is not read, so it is neither sampled nor trained on.
  stopStrings: { propose: ["</answer>"], solve: ["</answer>"] },
  proposerPrompt(mode, references, language, blocks) {
    return transcript(
      modeOf(mode).writesProgram
        ? proposeTriplet(mode, references, language, blocks)
        : proposeInputs(references[0]),
    );
  },
  solverPrompt: (task) => transcript(solverQuestion(task)),
  questionPrompt: transcript,
  readProposal,
  readAnswer,
  findAnswer,
  // Fences in prompts are longer than any in what they hold, and nothing reads prompts.
  isUnsafe: (text, { reading } = PAPER_READING) =>
    reading === "strict" &&
    /```|<\/?(think|answer|snippet)|\b(User|Assistant):/.test(text),
};
