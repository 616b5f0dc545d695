/**
 * The chat dialect: prompts and responses for language models.
 *
 * The shape is the paper's (figures 33 to 39): a transcript that ends with an
 * opened `<think>`, an answer in `<answer>` tags, programs and values in named
 * fences. The words are this kit's own. The official prompts ask the abduction
 * proposer for a hard OUTPUT and the deduction proposer for a hard INPUT; here
 * each mode asks for difficulty in what its solver has to find.
 *
 * Reading is stricter than in the official code in one point (a program must be
 * in a fence of its own language, not in whichever fence comes first) and
 * like it in another: text after `</answer>` is ignored.
 */

import type { Language } from "../../sandbox/mod.ts";
import {
  chatWords,
  FENCE_TAGS,
  INDUCTION_INPUTS,
  proposeInputs,
  proposeTriplet,
  solverQuestion,
} from "./chat_words.ts";
import type { AnswerReading, Dialect, ProposalReading } from "./dialect.ts";
import { modeOf } from "./registry.ts";
import type { ModeName } from "./task.ts";

/** The transcript around every question; ends with an opened `<think>`. */
function transcript(question: string): string {
  return "The following is a conversation between a User and an Assistant. " +
    "The User asks a question, and the Assistant solves it. The Assistant " +
    "first reasons about it privately, then gives the final answer. The " +
    "reasoning stands inside <think> </think> tags and the answer inside " +
    "<answer> </answer> tags, like this: <think> reasoning </think> " +
    `<answer> answer </answer>.\nUser: ${question}\nAssistant: <think>`;
}

/** Why a response has no usable answer block. */
export type ChatFormatCause =
  /** The reasoning never ends. */
  | "unclosedThought"
  /** No `<answer>` right after the reasoning. */
  | "noAnswer"
  /** `<answer>` is never closed: cut at the token limit. */
  | "unfinished"
  /** Nothing between the answer tags. */
  | "emptyAnswer";

/** Splits a response (which continues an opened `<think>`) into thought and answer. */
export function parseChatResponse(responseText: string):
  | { ok: true; thought: string; answer: string }
  | { ok: false; cause: ChatFormatCause } {
  const thoughtEnd = responseText.indexOf("</think>");
  if (thoughtEnd < 0) return { ok: false, cause: "unclosedThought" };
  const rest = responseText.slice(thoughtEnd + "</think>".length).trimStart();
  if (!rest.startsWith("<answer>")) return { ok: false, cause: "noAnswer" };
  const answerEnd = rest.indexOf("</answer>");
  if (answerEnd < 0) return { ok: false, cause: "unfinished" };
  const answer = rest.slice("<answer>".length, answerEnd).trim();
  if (answer === "") return { ok: false, cause: "emptyAnswer" };
  return { ok: true, thought: responseText.slice(0, thoughtEnd), answer };
}

/** The contents of all fences with one of the given tags, in order. */
export function fencedBlocks(text: string, tags: readonly string[]): string[] {
  const blocks: string[] = [];
  let open: { tag: string; lines: string[] } | null = null;
  for (const line of text.split("\n")) {
    const mark = line.trim();
    if (open === null) {
      if (mark.startsWith("```")) open = { tag: mark.slice(3), lines: [] };
    } else if (mark === "```") {
      if (tags.includes(open.tag.trim().toLowerCase())) {
        blocks.push(open.lines.join("\n"));
      }
      open = null;
    } else open.lines.push(line);
  }
  return blocks;
}

function readProposal(
  mode: ModeName,
  responseText: string,
  language: Language,
): ProposalReading {
  const response = parseChatResponse(responseText);
  if (!response.ok) return response;
  const inputs = fencedBlocks(response.answer, ["input"])
    .map((input) => input.trim()).filter((input) => input !== "");
  if (inputs.length === 0) return { ok: false, cause: "noInput" };
  if (!modeOf(mode).writesProgram) {
    const [message] = fencedBlocks(response.answer, ["message"]);
    if (message === undefined) return { ok: false, cause: "noMessage" };
    const distinct = [...new Set(inputs)].slice(-INDUCTION_INPUTS);
    return {
      ok: true,
      program: null,
      arguments: distinct,
      message: message.trim(),
    };
  }
  const [program] = fencedBlocks(response.answer, FENCE_TAGS[language]);
  if (program === undefined) return { ok: false, cause: "noProgram" };
  return { ok: true, program, arguments: [inputs[0]], message: "" };
}

function readAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
): AnswerReading {
  const response = parseChatResponse(responseText);
  if (!response.ok) return { ...response, thought: true };
  const answer = answerIn(mode, response.answer, language);
  if (answer === null) return { ok: false, cause: "noProgram", thought: true };
  return { ok: true, answer, trace: response.thought };
}

/** The last fence of an answer block. A value without one is accepted as it stands; a program is not. */
function answerIn(
  mode: ModeName,
  block: string,
  language: Language,
): string | null {
  const { answerTag } = chatWords(mode);
  const tags = answerTag === null ? FENCE_TAGS[language] : [answerTag];
  const fenced = fencedBlocks(block, tags).at(-1);
  if (fenced === undefined && answerTag === null) return null;
  return (fenced ?? block).trim();
}

/** What follows the last `<answer>`, whatever stands before it and whether or not it ends. */
function findAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
): string | null {
  const start = responseText.lastIndexOf("<answer>");
  if (start < 0) return null;
  const [block] = responseText.slice(start + "<answer>".length)
    .split("</answer>");
  return answerIn(mode, block, language) || null;
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
  stopStrings: ["</answer>"],
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
  isUnsafe: (text) =>
    /```|<\/?(think|answer|snippet)|\b(User|Assistant):/.test(text),
};
