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

import {
  defaultPolicy,
  type Language,
  policySentences,
} from "../../sandbox/mod.ts";
import { partDefinitions, partName } from "./composite.ts";
import type { AnswerReading, Dialect, ProposalReading } from "./dialect.ts";
import type { Example, ModeName, Task } from "./task.ts";

/** Inputs an induction proposal is asked for; half are shown (paper, section 3.2). */
const INDUCTION_INPUTS = 10;

const LANGUAGE_TITLES: Record<Language, string> = {
  python: "Python",
  javascript: "JavaScript",
  typescript: "TypeScript",
};

const FENCE_TAGS: Record<Language, readonly string[]> = {
  python: ["python", "py"],
  javascript: ["javascript", "js"],
  typescript: ["typescript", "ts"],
};

const EXAMPLES: Record<Language, { program: string; argument: string }> = {
  python: {
    program: "def f(name, info):\n    # several steps\n    return result",
    argument: "'John', {'age': 20, 'city': 'New York'}",
  },
  javascript: {
    program:
      "function f(name, info) {\n  // several steps\n  return result;\n}",
    argument: '"John", {"age": 20, "city": "New York"}',
  },
  typescript: {
    program:
      "function f(name: string, info: object): string {\n  // several steps\n  return result;\n}",
    argument: '"John", {"age": 20, "city": "New York"}',
  },
};

function fence(tag: string, text: string): string {
  return `\`\`\`${tag}\n${text}\n\`\`\``;
}

/** The transcript around every question; ends with an opened `<think>`. */
function transcript(question: string): string {
  return "The following is a conversation between a User and an Assistant. " +
    "The User asks a question, and the Assistant solves it. The Assistant " +
    "first reasons about it privately, then gives the final answer. The " +
    "reasoning stands inside <think> </think> tags and the answer inside " +
    "<answer> </answer> tags, like this: <think> reasoning </think> " +
    `<answer> answer </answer>.\nUser: ${question}\nAssistant: <think>`;
}

function programRequirements(language: Language): string {
  return [
    "- The entry function is named `f`; it may use nested functions and classes of its own",
    "- `f` has at least one parameter and returns a value",
    "- The same input always gives the same output",
    "- Following what it does takes keeping track of state over several steps",
    "- No randomness, dates or times, input or output, printing, logging, files, network, or state outside the program",
    "- It finishes within 10 seconds on an ordinary processor",
    "- Imports and class definitions stand at the top; nothing follows the definition of `f`",
    ...policySentences(defaultPolicy, language).map((text) => `- ${text}`),
  ].join("\n");
}

const DIFFICULTY: Record<Exclude<ModeName, "induction">, string> = {
  deduction:
    "Predicting the OUTPUT from the program and the input should take many steps of careful reasoning.",
  abduction:
    "Finding an INPUT from the program and the output should take many steps of careful reasoning.",
  error:
    "Predicting which EXCEPTION the call ends with, or that it ends with none, should take many steps of careful reasoning.",
};

function proposeTriplet(
  mode: Exclude<ModeName, "induction">,
  references: readonly Task[],
  language: Language,
  parts: readonly Task[],
): string {
  const title = LANGUAGE_TITLES[language];
  const example = EXAMPLES[language];
  const shown = references.map(({ program, examples }, i) =>
    [
      `<snippet_${i}>`,
      fence(FENCE_TAGS[program.language][0], program.source),
      fence("input", examples[0].argument),
      fence("output", examples[0].output),
      `</snippet_${i}>`,
    ].join("\n")
  );
  const inspiration = shown.length === 0
    ? ""
    : "\nBelow are reference snippets. Take inspiration from them, but make " +
      `something clearly different.\n\n### References\n${shown.join("\n")}`;
  return `## Task: invent a ${title} program and one input for it\n` +
    `Write a new ${title} function \`f\` and exactly one input to call it with. ` +
    `Your task will be given to a solver. ${DIFFICULTY[mode]}\n\n` +
    `### Requirements on the program\n${programRequirements(language)}\n\n` +
    "### Requirements on the input\n" +
    "- Exactly one call's arguments, as literals separated by commas\n" +
    "- Strings are in quotes\n\n" +
    "### Form of the answer\n" +
    `${fence(FENCE_TAGS[language][0], example.program)}\n` +
    `${fence("input", example.argument)}\n\n` +
    "### What makes it good\n" +
    "- It runs: the program is correct and accepts the input\n" +
    `- It is hard: ${DIFFICULTY[mode].toLowerCase()}\n` +
    "- It is new: an idea that the references do not have\n" +
    "First think about the idea, then write program and input." +
    inspiration + buildingBlocks(parts, language);
}

/** The functions that a composite program has to call. */
function buildingBlocks(parts: readonly Task[], language: Language): string {
  if (parts.length === 0) return "";
  const names = parts.map((_, i) => `\`${partName(i)}\``).join(", ");
  const definitions = partDefinitions(parts.map(({ program }) => program));
  return "\n\n### Building blocks\nThese functions exist already:\n" +
    `${fence(FENCE_TAGS[language][0], definitions)}\n` +
    `\`f\` has to call each of ${names}, must not define any of them again, ` +
    "and has to do something of its own with their results.";
}

function proposeInputs(reference: Task): string {
  const { program } = reference;
  const blocks = [1, 2].map((i) => fence("input", `arguments ${i}`)).join("\n");
  return `## Task: write ${INDUCTION_INPUTS} inputs and a message for a program\n` +
    `Here is a ${LANGUAGE_TITLES[program.language]} program:\n` +
    `${fence(FENCE_TAGS[program.language][0], program.source)}\n\n` +
    `Write ${INDUCTION_INPUTS} different inputs for \`f\` and one message. A ` +
    "solver will see the message and some of the inputs with their outputs, " +
    "and must find the program.\n\n" +
    "### Requirements\n" +
    "- Each input is one call's arguments, as literals separated by commas, in its own fence\n" +
    "- Together the inputs show everything the program does\n" +
    "- The message is a hint or a question about the program, and does not contain it\n" +
    "- Finding the program should be hard, but possible\n\n" +
    `### Form of the answer\n${blocks}\n(and so on)\n` +
    `${fence("message", "your message")}`;
}

function solve(task: Task): string {
  const { program, examples } = task;
  const title = LANGUAGE_TITLES[program.language];
  const tag = FENCE_TAGS[program.language][0];
  const source = fence(tag, program.source);
  switch (task.mode) {
    case "deduction":
      return "## Task: find the output\n" +
        `What does \`f\` return for this input?\n${source}\n` +
        `${fence("input", examples[0].argument)}\n\n` +
        `Give the value as a ${title} literal, strings in quotes, in a fence:\n` +
        fence("output", "value");
    case "abduction":
      return "## Task: find an input\n" +
        `Give one input for which \`f\` returns this output.\n${source}\n` +
        `${fence("output", examples[0].output)}\n\n` +
        "Give the arguments as literals separated by commas, strings in " +
        `quotes, in a fence:\n${fence("input", "arguments")}`;
    case "error":
      return "## Task: find how the call ends\n" +
        `Does \`f\` raise an exception for this input, and which?\n${source}\n` +
        `${fence("input", examples[0].argument)}\n\n` +
        "Give the name of the exception's class, or NoError if the call " +
        `returns a value, in a fence:\n${fence("output", "name")}`;
    case "induction":
      return `## Task: find the program\n` +
        `Write a ${title} function \`f\` that gives all of these outputs and ` +
        "those of further inputs which are kept hidden.\n" +
        `${shownExamples(examples.slice(0, task.shownCount))}\n` +
        `${fence("message", task.message)}\n\n` +
        `### Requirements\n${programRequirements(program.language)}\n` +
        "- Do not list the examples case by case\n\n" +
        `Give the program in a fence:\n${fence(tag, "program")}`;
  }
}

function shownExamples(examples: readonly Example[]): string {
  return examples.map(({ argument, output }, i) =>
    `${fence(`input_${i}`, argument)}\n${fence(`output_${i}`, output)}`
  ).join("\n");
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
  if (mode === "induction") {
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
  const tags = {
    deduction: ["output"],
    abduction: ["input"],
    error: ["output"],
    induction: FENCE_TAGS[language],
  }[mode];
  const fenced = fencedBlocks(block, tags).at(-1);
  if (fenced === undefined && mode === "induction") return null;
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
  proposerPrompt(mode, references, language, parts = []) {
    return transcript(
      mode === "induction"
        ? proposeInputs(references[0])
        : proposeTriplet(mode, references, language, parts),
    );
  },
  solverPrompt: (task) => transcript(solve(task)),
  questionPrompt: transcript,
  readProposal,
  readAnswer,
  findAnswer,
  isUnsafe: (text) =>
    /```|<\/?(think|answer|snippet)|\b(User|Assistant):/.test(text),
};
