/**
 * Reading responses in the chat dialect.
 *
 * `official` reads what the official code reads, and a little more: any spelling of
 * a fence (`fences.ts`), a program in an untagged fence, values after `# Input:` or
 * in `<input>` tags, a quoted `</think>` within the thought, and a program whose
 * function is not called `f` (`entry.ts`). It is better than the official code where
 * that takes whatever fence comes first for the program.
 *
 * `strict` takes the form that the prompt asks for and nothing else.
 */

import type { Language } from "../../sandbox/mod.ts";
import { chatWords, INDUCTION_INPUTS } from "./chat_words.ts";
import {
  type AnswerReading,
  type AnswerRules,
  PAPER_READING,
  type ProposalReading,
  type ReadingRules,
} from "./dialect.ts";
import { withEntryNamed } from "./entry.ts";
import {
  type Fence,
  FENCE_TAGS,
  fencedBlocks,
  fences,
  VALUE_TAGS,
  type ValueTag,
} from "./fences.ts";
import { modeOf } from "./registry.ts";
import type { ModeName } from "./task.ts";

/** The causes of a response without a usable answer block. */
type ChatFormatCause =
  /** The reasoning never ends. */
  | "unclosedThought"
  /** No `<answer>` right after the reasoning. */
  | "noAnswer"
  /** `<answer>` is never closed: cut at the token limit. */
  | "unfinished"
  /** Nothing between the answer tags. */
  | "emptyAnswer";

/**
 * Splits a response (which continues an opened `<think>`) into thought and answer.
 * The thought ends at the first `</think>` that an `<answer>` follows; strictly, at
 * the first one of all.
 */
export function parseChatResponse(
  responseText: string,
  { reading }: AnswerRules = PAPER_READING,
):
  | { ok: true; thought: string; answer: string }
  | { ok: false; cause: ChatFormatCause } {
  const end = reading === "strict"
    ? /<\/think>\s*(<answer>)?/.exec(responseText)
    : /<\/think>\s*(<answer>)/.exec(responseText) ??
      /<\/think>/.exec(responseText);
  if (end === null) return { ok: false, cause: "unclosedThought" };
  if (end[1] === undefined) return { ok: false, cause: "noAnswer" };
  const rest = responseText.slice(end.index + end[0].length);
  const answerEnd = rest.indexOf("</answer>");
  if (answerEnd < 0) return { ok: false, cause: "unfinished" };
  const answer = rest.slice(0, answerEnd).trim();
  if (answer === "") return { ok: false, cause: "emptyAnswer" };
  return { ok: true, thought: responseText.slice(0, end.index), answer };
}

/** Reads a proposal: a program and an input, or for induction inputs and a message. */
export function readProposal(
  mode: ModeName,
  responseText: string,
  language: Language,
  rules: ReadingRules = PAPER_READING,
): ProposalReading {
  const response = parseChatResponse(responseText, rules);
  if (!response.ok) return response;
  const blocks = blocksIn(response.answer, language, rules);
  const inputs = blocks.values("input").filter((input) => input !== "");
  if (inputs.length === 0) return { ok: false, cause: "noInput" };
  if (!modeOf(mode).writesProgram) {
    const [message] = blocks.values("message");
    if (message === undefined) return { ok: false, cause: "noMessage" };
    const kept = rules.repeatedInputs === "drop"
      ? [...new Set(inputs)]
      : inputs;
    return {
      ok: true,
      program: null,
      arguments: kept.slice(-INDUCTION_INPUTS),
      message,
    };
  }
  const [program] = blocks.programs();
  if (program === undefined) return { ok: false, cause: "noProgram" };
  const source = rules.reading === "strict"
    ? program
    : withEntryNamed({ language, source: program });
  return { ok: true, program: source, arguments: [inputs[0]], message: "" };
}

/** Reads an answer; its form has to be right. */
export function readAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
  rules: AnswerRules = PAPER_READING,
): AnswerReading {
  const response = parseChatResponse(responseText, rules);
  if (!response.ok) return { ...response, thought: true };
  const answer = answerIn(mode, response.answer, language, rules);
  if (answer === null) return { ok: false, cause: "noProgram", thought: true };
  return { ok: true, answer, trace: response.thought };
}

/** Returns the text after the last `<answer>`, also where the tag is not closed. */
export function findAnswer(
  mode: ModeName,
  responseText: string,
  language: Language,
  rules: AnswerRules = PAPER_READING,
): string | null {
  const start = responseText.lastIndexOf("<answer>");
  if (start < 0) return null;
  const [block] = responseText.slice(start + "<answer>".length)
    .split("</answer>");
  return answerIn(mode, block, language, rules) || null;
}

/** Returns the last fitting block of an answer. A value without one is accepted as it stands; a program is not. */
function answerIn(
  mode: ModeName,
  answer: string,
  language: Language,
  rules: AnswerRules,
): string | null {
  const blocks = blocksIn(answer, language, rules);
  const { answerTag } = chatWords(mode);
  if (answerTag === null) return blocks.programs().at(-1)?.trim() ?? null;
  const values = blocks.values(answerTag);
  return values.at(-1) ?? blocks.untagged().at(-1) ?? answer.trim();
}

/** The parts of an answer, each kind in order. */
interface Blocks {
  programs(): string[];
  values(tag: ValueTag): string[];
  /** Blocks that do not say what they are. */
  untagged(): string[];
}

function blocksIn(
  answer: string,
  language: Language,
  { reading }: AnswerRules,
): Blocks {
  if (reading === "strict") {
    const texts = (tags: readonly string[]) => fencedBlocks(answer, tags);
    return {
      programs: () => texts(FENCE_TAGS[language].slice(0, 2)),
      values: (tag) => texts([tag]).map((text) => text.trim()),
      untagged: () => [],
    };
  }
  const all = fences(answer);
  const isProgram = ({ tag }: Fence) => FENCE_TAGS[language].includes(tag);
  const isValue = ({ tag }: Fence) =>
    VALUE_TAGS.some((name) => tag.replace(/_\d+$/, "") === name);
  const textsOf = (kept: readonly Fence[]) => kept.map(({ text }) => text);
  return {
    programs: () => {
      const tagged = all.filter(isProgram);
      const others = all.filter((block) => !isValue(block));
      return textsOf(tagged.length > 0 ? tagged : others);
    },
    values: (tag) => {
      const tagged = all.filter((block) => block.tag === tag);
      return tagged.length > 0
        ? textsOf(tagged)
        : labelled(tag, without(all.filter(isProgram), answer));
    },
    untagged: () => textsOf(all.filter(({ tag }) => tag === "")),
  };
}

/** Returns an answer without some of its blocks. */
function without(blocks: readonly Fence[], answer: string): string {
  let text = "";
  let end = 0;
  for (const { from, to } of blocks) {
    text += answer.slice(end, from);
    end = to;
  }
  return text + answer.slice(end);
}

/** Returns the values that a word or a tag announces: `# Input: 5`, `<input>5</input>`, `The output is 5.` */
function labelled(label: string, text: string): string[] {
  const patterns = [
    // Up to a fence, another comment, an empty line or the end.
    `^[ \\t]*#+[ \\t]*${label}:[ \\t]*([^]*?)(?=\\n[ \\t]*(?:\`\`\`|#|\\n)|(?![^]))`,
    `<${label}>([^]*?)(?:</${label}>|(?![^]))`,
    `\\bthe ${label} is:?[ \\t]+([^\\n]+?)\\.?[ \\t]*$`,
  ];
  for (const pattern of patterns) {
    const found = [...text.matchAll(new RegExp(pattern, "gim"))]
      .map(([, value]) => value.trim());
    if (found.length > 0) return found;
  }
  return [];
}
